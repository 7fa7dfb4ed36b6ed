package rules

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
)

// maxCause bounds what is quoted of an answer, in characters.
const maxCause = 120

// because is why with what is known of the error behind it: the status of the answer and the other side's own words, or what
// became of the connection.
func because(why string, err error) string {
	if c := cause(err); c != "" {
		return why + ": " + c
	}
	return why
}

func cause(err error) string {
	if status, words := answerOf(err); status != 0 {
		if words == "" {
			return fmt.Sprintf("its answer was %d", status)
		}
		return fmt.Sprintf("its answer was %d: %s", status, bounded(words, maxCause))
	}
	var line net.Error
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &name):
		return "its address was not found"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &line) && line.Timeout():
		return "no answer came in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refused the connection"
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &authority), errors.As(err, &host):
		return "its certificate is not trusted"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was cut"
	}
	return ""
}

// answerOf is the first answer among an error and its causes, and what it says in one line.
func answerOf(err error) (status int, words string) {
	for err != nil {
		var crm *amocrm.Error
		var desk *usedesk.Error
		switch {
		case errors.As(err, &crm):
			status, words, err = crm.Status, crm.Title+" "+crm.Detail, crm.Unwrap()
		case errors.As(err, &desk):
			status, words, err = desk.Status, desk.Detail, desk.Unwrap()
		default:
			return 0, ""
		}
		if status != 0 {
			return status, strings.Join(strings.Fields(words), " ")
		}
	}
	return 0, ""
}
