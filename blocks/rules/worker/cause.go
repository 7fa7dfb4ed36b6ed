package worker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/runes"
)

// maxCause bounds what is quoted of an answer, in characters.
const maxCause = 120

// cause is what is known of an error: the status of the answer and the other side's own words, or what became of the
// connection; "" when nothing is.
func cause(err error) ledger.Reason {
	if status, said := answerOf(err); status != 0 {
		return ledger.Because("cause_answer", status, ledger.InWords(runes.Shorten(said, maxCause)))
	}
	var line net.Error
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &name):
		return "=cause_name"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &line) && line.Timeout():
		return "=cause_timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "=cause_refused"
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &authority), errors.As(err, &host):
		return "=cause_tls"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "=cause_cut"
	}
	return ""
}

// answerOf is the first answer among an error and its causes, and what it says in one line.
func answerOf(err error) (status int, words string) {
	for err != nil {
		var desk *usedesk.Error
		if answer, ok := crm.AnswerOf(err); ok {
			status, words, err = answer.Status, answer.Words, answer.Cause
		} else if errors.As(err, &desk) {
			status, words, err = desk.Status, desk.Detail, desk.Unwrap()
		} else {
			return 0, ""
		}
		if status != 0 {
			return status, strings.Join(strings.Fields(words), " ")
		}
	}
	return 0, ""
}
