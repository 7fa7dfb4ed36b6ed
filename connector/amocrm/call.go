package amocrm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/connector/wire"
)

// call is one request of the API. route is the path below /api/v4 with "{id}" for ids: it names the call in errors.
type call struct {
	method string
	route  string
	ids    []ID
	query  url.Values
	body   any
}

func (k call) op() string { return k.method + " " + k.route }

func (k call) path() string {
	path := k.route
	for _, id := range k.ids {
		path = strings.Replace(path, "{id}", strconv.FormatInt(int64(id), 10), 1)
	}
	return "/api/v4" + path
}

// read makes a GET and decodes a 200 into out. found is false for 204.
func (c *core) read(ctx context.Context, k call, out any) (found bool, err error) {
	k.method = http.MethodGet
	a, err := c.do(ctx, k)
	if err != nil || a.Status == http.StatusNoContent || len(bytes.TrimSpace(a.Body)) == 0 {
		return false, err
	}
	if a.HTML() {
		err = errPage
	} else {
		err = c.lenient(ctx, k.op(), "", a.Body, out)
	}
	if err != nil {
		return false, &Error{Op: k.op(), Status: a.Status, Kind: KindUpstream, Detail: err.Error()}
	}
	return true, nil
}

// lenient decodes what was read, without the elements of lists that can't be. at is where raw stands in the answer.
func (c *core) lenient(ctx context.Context, op, at string, raw []byte, out any) error {
	unread, err := wire.Unmarshal(raw, out)
	if err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	for _, u := range unread {
		c.miss(ctx, Unread{Op: op, Path: at + u.Path, Reason: u.Reason()})
	}
	return nil
}

var errPage = errors.New("the answer is a page, not data")

// write makes a POST, PATCH or DELETE and decodes the answer into out unless out is nil. An answer that makes no sense
// leaves the outcome unknown: the server said yes to something.
func (c *core) write(ctx context.Context, k call, out any) error {
	a, err := c.do(ctx, k)
	if err != nil || out == nil && !a.HTML() {
		return err
	}
	if err := decode(a, out); err != nil {
		return &Error{Op: k.op(), Status: a.Status, Kind: KindUnknownOutcome, Detail: err.Error()}
	}
	return nil
}

func decode(a transport.Answer, out any) error {
	if a.HTML() {
		return errPage
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

// do sends k, repeating reads, and returns only answers of status 2xx.
func (c *core) do(ctx context.Context, k call) (transport.Answer, error) {
	var payload []byte
	if k.body != nil {
		var err error
		if payload, err = json.Marshal(k.body); err != nil {
			return transport.Answer{}, refuse(k.op(), "encode request: %v", err)
		}
	}
	s := &sending{c: c, call: k, payload: payload}
	var a transport.Answer
	var err error
	if k.method == http.MethodGet {
		a, err = transport.RetryRead(ctx, s.authorized)
	} else {
		a, err = s.authorized(ctx)
	}
	if err != nil {
		return transport.Answer{}, s.failure(err)
	}
	if a.Status >= 200 && a.Status < 300 {
		return a, nil
	}
	e := problem(k.op(), a, s.tokens...)
	if k.method != http.MethodGet && lost(a.Status) {
		e.Kind = KindUnknownOutcome
	}
	return transport.Answer{}, e
}

// sending is the life of one call over its attempts.
type sending struct {
	c       *core
	call    call
	payload []byte
	asked   bool     // Auth has been told of a rejected token
	tokens  []string // to be kept out of errors
}

// authError marks a failure to get a token.
type authError struct{ error }

func (e authError) Unwrap() error { return e.error }

// authorized makes one attempt, and on the call's first 401 a second one with another token; in between one with the same
// token, if the account has another address by now. This holds for writes as well: a 401 means that nothing was done.
func (s *sending) authorized(ctx context.Context) (transport.Answer, error) {
	token, err := s.token(ctx, "")
	if err != nil {
		return transport.Answer{}, err
	}
	a, err := s.once(ctx, token)
	if err != nil || a.Status != http.StatusUnauthorized || s.asked {
		return a, err
	}
	s.asked = true
	moved, err := s.c.goHome(ctx)
	if err != nil {
		return transport.Answer{}, err
	}
	if moved {
		if a, err = s.once(ctx, token); err != nil || a.Status != http.StatusUnauthorized {
			return a, err
		}
	}
	fresh, err := s.token(ctx, token)
	if err != nil {
		return transport.Answer{}, err
	}
	if fresh == token {
		return a, nil
	}
	if _, err := s.c.goHome(ctx); err != nil {
		return transport.Answer{}, err
	}
	return s.once(ctx, fresh)
}

func (s *sending) token(ctx context.Context, rejected string) (string, error) {
	token, err := s.c.auth.Token(ctx, rejected)
	if err == nil && token == "" {
		err = fmt.Errorf("%w: there is no token", ErrUnauthorized)
	}
	if err != nil {
		return "", authError{fmt.Errorf("get access token: %w", err)}
	}
	s.tokens = append(s.tokens, token)
	return token, nil
}

// once makes one HTTP exchange in a slot of the limiter.
func (s *sending) once(ctx context.Context, token string) (transport.Answer, error) {
	u := *s.c.base.Load()
	u.Path, u.RawQuery = s.call.path(), s.call.query.Encode()
	req, err := http.NewRequestWithContext(ctx, s.call.method, u.String(), bytes.NewReader(s.payload))
	if err != nil {
		return transport.Answer{}, err
	}
	if s.payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", transport.UserAgent())

	if s.c.limiter != nil {
		done, err := s.c.limiter.Wait(ctx)
		if err != nil {
			return transport.Answer{}, fmt.Errorf("wait for a slot: %w", err)
		}
		defer done()
	}
	if err := ctx.Err(); err != nil { // it may know better than its timer, which stands still while a machine is suspended
		return transport.Answer{}, fmt.Errorf("before sending: %w", err)
	}
	start := time.Now()
	op := s.call.op()
	a, err := transport.DoTraced(s.c.http, req, "amocrm", op)
	if said, bad := http.ParseTime(a.Header.Get("Date")); bad == nil {
		s.c.clock.Store(&reading{said: said, at: time.Now()})
	}
	s.c.see(ctx, Seen{op, a.Status, wire.Plain(a.Header.Get("X-Request-Id"), 128), time.Since(start)})
	if a.Status == http.StatusTooManyRequests && s.c.limiter != nil {
		s.c.limiter.Penalty(ctx, transport.RetryAfter(a, time.Now()))
	}
	return a, err
}

// failure sorts an attempt that brought no answer.
func (s *sending) failure(err error) error {
	e := &Error{Op: s.call.op(), Kind: KindNetwork, cause: err}
	f, sent := errors.AsType[*transport.Failure](err)
	switch {
	case errors.As(err, new(authError)) && errors.Is(err, ErrUnauthorized):
		e.Kind = KindUnauthorized
	case sent && f.MaybeSent && s.call.method != http.MethodGet:
		e.Kind = KindUnknownOutcome
	case sent && errors.Is(f, transport.ErrTooLarge):
		e.Kind = KindUpstream
	}
	return e
}
