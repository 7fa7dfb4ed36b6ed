// Package transport makes one bounded, guarded HTTP exchange with an outside system. It owns the list of allowed hosts and
// the client that holds to it, the check for public addresses, the sizes of answers, the decision whether a failed request
// can have reached the server, and the repeating of reads. It knows no API, no token, and nothing of a path but its shape.
//
// Invariants: a host that is not on the list is never dialled, not even after a redirect; an address with a user name,
// a query, an unexpected port or an IP number is refused; a vendor's name is dialled only at a public address; the scheme
// comes from the list, never from the caller; no answer is larger than MaxBody in memory; an error holds no address; only
// what the caller names a read is repeated, at most twice, and never past the context's deadline.
package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Sizes that are read of an answer.
const (
	MaxBody      = 8 << 20  // a good answer; a larger one is a Failure
	MaxErrorBody = 64 << 10 // status 300 and above; the rest is cut off
)

// ErrTooLarge is the cause of a Failure whose answer exceeded MaxBody.
var ErrTooLarge = errors.New("the answer is larger than 8 MiB")

// Answer is a complete answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// HTML reports whether the server answered with a page instead of data.
func (a Answer) HTML() bool {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		kind = strings.ToLower(a.Header.Get("Content-Type"))
	}
	return strings.Contains(kind, "html")
}

// Failure is an exchange without a complete answer. MaybeSent is false only when the server can't have seen the request.
type Failure struct {
	MaybeSent bool
	Cause     error
}

// Error implements error; it never names the address.
func (f *Failure) Error() string { return f.Cause.Error() }

// Unwrap returns the cause, so that context errors stay visible.
func (f *Failure) Unwrap() error { return f.Cause }

// Do sends r with h and reads the whole answer. The error is always a *Failure.
func Do(h *http.Client, r *http.Request) (Answer, error) {
	if err := r.Context().Err(); err != nil {
		return Answer{}, &Failure{Cause: err}
	}
	var wanted, got atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	}
	res, err := h.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err != nil {
		cause := bare(err)
		unsent := wanted.Load() && !got.Load() || neverSent(cause)
		return Answer{}, &Failure{MaybeSent: !unsent, Cause: cause}
	}
	body, err := read(res)
	if err != nil {
		return Answer{}, &Failure{MaybeSent: true, Cause: err}
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

func read(res *http.Response) ([]byte, error) {
	limit := int64(MaxBody)
	if res.StatusCode >= 300 {
		limit = MaxErrorBody
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if cerr := res.Body.Close(); err == nil && cerr != nil {
		err = cerr
	}
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", bare(err))
	}
	if int64(len(body)) > limit {
		if res.StatusCode < 300 {
			return nil, ErrTooLarge
		}
		body = body[:limit]
	}
	return body, nil
}

// bare removes the address from an error of net/http.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func neverSent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	var refused interface{ NeverSent() bool }
	return errors.As(err, &refused) && refused.NeverSent()
}

// NoRedirects returns a copy of h, or of a client with 20 s for an exchange when h is nil, that returns redirects as answers:
// a redirected POST would arrive as a GET, and a token must not travel.
func NoRedirects(h *http.Client) *http.Client {
	c := http.Client{Timeout: defaultTimeout}
	if h != nil {
		c = *h
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

var version atomic.Pointer[string]

// SetVersion sets the version of the build, before the first request. A release is built without what Go itself knows
// of it (-buildvcs=false).
func SetVersion(v string) { version.Store(&v) }

// UserAgent returns the header with which the connectors name themselves: "Sidecard/<version>", with "dev" for a build
// without a version.
func UserAgent() string {
	if v := version.Load(); v != nil {
		return "Sidecard/" + strings.TrimPrefix(*v, "v")
	}
	return "Sidecard/dev"
}

// DoTraced is Do in a span. op is the method and the pattern of the route: the span holds no address and nothing of what is
// sent. The request does not carry the trace: outside systems must not learn of it.
func DoTraced(h *http.Client, r *http.Request, system, op string) (Answer, error) {
	_, span := otel.Tracer("github.com/sidecard/sidecard/connector/transport").Start(r.Context(), system+" "+op,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("peer.service", system), attribute.String("url.template", op)))
	defer span.End()
	a, err := Do(h, r)
	if a.Status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", a.Status))
	}
	if a.Status == 0 || a.Status >= 400 {
		span.SetStatus(codes.Error, "")
	}
	return a, err
}

const (
	maxRetries = 2
	firstWait  = 300 * time.Millisecond
	limitWait  = time.Second      // first wait after 429 without a hint
	maxWait    = 10 * time.Second // a longer pause is the caller's decision
)

// RetryRead runs read and repeats it at most twice: after a Failure, 429, 502, 503 or 504. It waits as long as the server
// asks, else with doubling jittered pauses, and returns what it has as soon as the wait would be longer than 10 s or
// end after ctx's deadline. Only for requests that change nothing.
func RetryRead(ctx context.Context, read func(context.Context) (Answer, error)) (Answer, error) {
	for try := 0; ; try++ {
		a, err := read(ctx)
		if try == maxRetries || !passing(a, err) {
			return a, err
		}
		wait := pause(a, try)
		if deadline, ok := ctx.Deadline(); wait > maxWait || ok && time.Until(deadline) <= wait {
			return a, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return a, err
		}
	}
}

// passing reports whether the failure may be over in a moment.
func passing(a Answer, err error) bool {
	if err != nil {
		f, ok := errors.AsType[*Failure](err)
		return ok && !errors.Is(f, context.Canceled) && !errors.Is(f, ErrTooLarge)
	}
	switch a.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func pause(a Answer, try int) time.Duration {
	if s := RetryAfter(a, time.Now()); s > 0 {
		return time.Duration(s)*time.Second + jitter(limitWait/4)
	}
	first := firstWait
	if a.Status == http.StatusTooManyRequests {
		first = limitWait
	}
	wait := first << try
	return wait/2 + jitter(wait)
}

func jitter(d time.Duration) time.Duration { return rand.N(d) }

// RetryAfter returns the seconds that the server asked to wait: header Retry-After (seconds or date), else member
// retry_after of a JSON body. 0 means that it named none.
func RetryAfter(a Answer, now time.Time) int {
	const day = 24 * 60 * 60
	if h := strings.TrimSpace(a.Header.Get("Retry-After")); h != "" {
		if n, err := strconv.Atoi(h); err == nil {
			return min(max(n, 0), day)
		}
		if t, err := http.ParseTime(h); err == nil {
			return min(max(int((t.Sub(now)+time.Second-1)/time.Second), 0), day)
		}
	}
	var body struct {
		RetryAfter json.RawMessage `json:"retry_after"`
	}
	if a.Status < 300 || json.Unmarshal(a.Body, &body) != nil {
		return 0
	}
	f, err := strconv.ParseFloat(strings.Trim(string(body.RetryAfter), `"`), 64)
	if err != nil || !(f > 0) {
		return 0
	}
	return int(min(f+0.999, day))
}
