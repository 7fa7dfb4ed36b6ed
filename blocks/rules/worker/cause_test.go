package worker

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
)

func TestCause_namesTheAnswerOrWhatBecameOfTheConnection(t *testing.T) {
	t.Parallel()
	wrap := func(err error) error { return fmt.Errorf("read ticket: %w", err) }
	for want, err := range map[string]error{
		"its answer was 500: Internal Server Error Try later": &amocrm.Error{Kind: amocrm.KindUpstream, Status: 500, Title: "Internal Server\nError", Detail: "Try  later"},
		"its answer was 502":             &usedesk.Error{Kind: usedesk.KindUpstream, Status: 502},
		"no answer came in time":         wrap(context.DeadlineExceeded),
		"it refused the connection":      wrap(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}),
		"its address was not found":      wrap(&net.DNSError{Err: "no such host", IsNotFound: true}),
		"its certificate is not trusted": wrap(x509.UnknownAuthorityError{}),
		"the connection was cut":         wrap(io.ErrUnexpectedEOF),
		"":                               errors.New("something else"),
	} {
		if got := jobs.English(cause(err)); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
	long := cause(&amocrm.Error{Status: 500, Title: strings.Repeat("x", 5000)})
	if n := len([]rune(jobs.English(long))); n > maxCause+40 {
		t.Errorf("%d characters", n)
	}
}
