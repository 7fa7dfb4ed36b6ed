package rules

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

// A minute of trouble is a few lines, which name the trouble.
func TestWork_aTroubleIsAFewLinesThatNameIt(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		complexCall:     "accepted: it is not known yet whether the write was done: its answer was 503: Down for a while",
		"GET /contacts": "accepted: amoCRM can't be reached or has trouble: its answer was 503: Down for a while",
	} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.desk.add(101, 55, "Ann", "+79990000001")
			for range 100 {
				h.crm.spoil(call, fault{status: 503, body: `{"title":"Down for a while","status":503}`})
			}
			e := h.accept(published(101))
			for range 12 {
				h.oneHaul()
				if err := h.db.ZAdd(t.Context(), prefix(h.tenant.ID)+":due", zNow(e.ID)).Err(); err != nil {
					t.Fatal(err)
				}
			}
			got := h.get(e.ID)
			times := 0
			for _, l := range got.Timeline {
				if jobs.English(l.Text) == want {
					times = l.Times
				}
			}
			if len(got.Timeline) > 5 || times < 3 || got.Timeline[0].Text != "=accepted" || "accepted: "+jobs.English(got.Why) != want {
				t.Errorf("%q, %d times: %+v", got.Why, times, got.Timeline)
			}
		})
	}
}
