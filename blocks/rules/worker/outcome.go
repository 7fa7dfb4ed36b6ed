package worker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/runes"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

const (
	maxAttempts = 10                 // failures that we can't explain
	maxWait     = 7 * 24 * time.Hour // then it is a person's affair
)

const (
	whySlow    ledger.Reason = "=slow"
	whyNoLogin ledger.Reason = "=no_login"
	whyRestart ledger.Reason = "=restart"
)

// Refusal is an answer that no second try would change.
type Refusal struct {
	Why      ledger.Reason
	Problems []request.Problem
}

func (r *Refusal) Error() string { return jobs.English(r.Why) }

// errClientBusy says that another worker is making something for the same client.
var errClientBusy = errors.New(jobs.English("=client_busy"))

// lookAgain says that a write's outcome is not known yet.
type lookAgain struct {
	after time.Duration
	cause ledger.Reason // why no answer is known
}

func (l *lookAgain) why() ledger.Reason { return ledger.Because("look", "", l.cause) }

func (l *lookAgain) Error() string { return jobs.English(l.why()) }

// outcome is what to do with a job after an error. shared: the tenant's other jobs would fare the same now.
type outcome struct {
	jobs.Outcome
	shared bool
}

// classify sorts an error into waiting, holding and failing.
func classify(err error, e jobs.Job, now time.Time) outcome {
	v := classifyError(err, e)
	switch {
	case v.State != ledger.StateAccepted:
	case v.Tried && e.Attempts >= maxAttempts:
		v = outcome{Outcome: jobs.Outcome{State: ledger.StateFailed, Why: ledger.Because("gave_up", e.Attempts, v.Why)}}
	case !v.Tried && now.Sub(e.Started()) > maxWait:
		v = outcome{Outcome: jobs.Outcome{State: ledger.StateFailed, Why: ledger.Because("waited", "", v.Why)}}
	}
	return v
}

func classifyError(err error, e jobs.Job) outcome {
	soon, late := backoff(e.Waits, 2*time.Second, 5*time.Minute), backoff(e.Waits, time.Minute, 15*time.Minute)
	wait := func(after time.Duration, why ledger.Reason) outcome {
		return outcome{jobs.Outcome{State: ledger.StateAccepted, After: after, Why: why}, true}
	}
	var refused *Refusal
	var look *lookAgain
	var busy *store.Busy
	switch {
	case errors.As(err, &refused):
		return outcome{Outcome: jobs.Outcome{State: ledger.StateFailed, Why: refused.Why, Problems: refused.Problems}}
	case errors.As(err, &look):
		return outcome{Outcome: jobs.Outcome{State: ledger.StateAccepted, After: look.after, Why: look.why()}}
	case errors.Is(err, errClientBusy):
		return outcome{Outcome: jobs.Outcome{State: ledger.StateAccepted, After: backoff(e.Waits, 500*time.Millisecond, 10*time.Second), Why: "=client_busy"}}
	case errors.Is(err, oauth.ErrNeedsLogin):
		return outcome{jobs.Outcome{State: ledger.StateHeld, Why: whyNoLogin}, true}
	case errors.Is(err, tenant.ErrNotFound):
		return outcome{Outcome: jobs.Outcome{State: ledger.StateFailed, Why: "=account_gone"}}

	case errors.Is(err, store.ErrTrouble): // before the CRM: its calls fail, too, when their slots can't be had
		return wait(soon, "=store_down")
	case errors.Is(err, crm.ErrLimited):
		answer, _ := crm.AnswerOf(err)
		return wait(max(soon, min(answer.RetryAfter, 15*time.Minute)), whySlow)
	case errors.As(err, &busy): // our own limiter, after amoCRM said so to somebody else or because of a long queue
		return wait(max(soon, min(busy.Wait, 15*time.Minute)), whySlow)
	case errors.Is(err, crm.ErrPayment):
		return wait(late, "=payment")
	case errors.Is(err, crm.ErrBlocked):
		return wait(late, "=blocked")
	case errors.Is(err, crm.ErrForbidden):
		return outcome{Outcome: jobs.Outcome{State: ledger.StateFailed, Why: "=no_right"}}
	case errors.Is(err, crm.ErrUnauthorized), errors.Is(err, oauth.ErrRefused):
		return wait(soon, "=token")
	case errors.Is(err, crm.ErrUpstream), errors.Is(err, crm.ErrNetwork):
		return wait(soon, ledger.Because("crm_down", "", cause(err)))

	case errors.Is(err, errNoDeskToken):
		return wait(late, "=no_desk_token")
	case errors.Is(err, usedesk.ErrRefused):
		return wait(late, "=desk_token")
	case errors.Is(err, usedesk.ErrLimited), errors.Is(err, usedesk.ErrUpstream), errors.Is(err, usedesk.ErrNetwork):
		return wait(soon, ledger.Because("desk_down", "", cause(err)))
	case errors.Is(err, usedesk.ErrInvalid):
		return outcome{Outcome: jobs.Outcome{State: ledger.StateFailed, Why: "=desk_refused"}}

	case errors.Is(err, context.Canceled):
		return outcome{Outcome: jobs.Outcome{State: ledger.StateAccepted, Why: whyRestart}, shared: true}
	}
	return outcome{Outcome: jobs.Outcome{State: ledger.StateAccepted, Tried: true, After: backoff(e.Attempts, time.Second, 5*time.Minute),
		Why: "=unexpected"}}
}

// backoff doubles from least to most with a spread of a quarter to either side.
func backoff(n int, least, most time.Duration) time.Duration {
	d := min(least<<min(n, 16), most)
	return d*3/4 + rand.N(d/2)
}

// done is the outcome of a job with which nothing more is to be done.
func done(e jobs.Job) jobs.Outcome {
	o := jobs.Outcome{State: ledger.StateDone}
	if !e.Steps.Skipped && len(e.Steps.Remarks) > 0 {
		o.Label, o.Problems, o.Why = ledger.LabelRemarks, e.Steps.Remarks, ledger.Because("remarks", "", jobs.Summary(e.Steps.Remarks))
	}
	return o
}

// explain turns a refusal of the CRM into problems of the request. Other errors come back as they are.
func explain(err error, code string, problem func(crm.Mistake) request.Problem) error {
	answer, _ := crm.AnswerOf(err)
	if !answer.Invalid && !answer.NotFound {
		return err
	}
	r, why := &Refusal{}, ledger.InWords(answer.Words)
	for _, m := range answer.Mistakes {
		r.Problems = append(r.Problems, problem(m))
	}
	if len(r.Problems) > 0 {
		why = jobs.Summary(r.Problems)
	}
	r.Why = ledger.Because(code, "", why)
	return &refusedByCRM{r, err}
}

// refusedByCRM is a refusal that still carries the CRM's error.
type refusedByCRM struct {
	*Refusal
	cause error
}

// Unwrap gives the refusal and its cause.
func (k *refusedByCRM) Unwrap() []error { return []error{k.Refusal, k.cause} }

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
