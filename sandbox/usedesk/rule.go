package usedesk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// DefaultRule is the id of the rule that the scenario starts with.
const DefaultRule int64 = 1

// When a rule runs, and how it encodes its body.
const (
	whenNewTicket = "new_ticket"
	whenButton    = "button"
	encodingJSON  = "json"
	encodingForm  = "form"
)

// rule is a trigger with one POST action. Action is the JSON document as a person typed it. A managed rule takes its
// URL from SetRule.
type rule struct {
	ID                           int64
	Name, When, Encoding, Action string
	Enabled, Managed             bool
}

// Firing is one run of a rule: what was sent and what came back.
type Firing struct {
	ID, RuleID, TicketID int64
	RuleName             string
	At                   time.Time
	URL                  string
	Request              string // body as sent, shortened
	Status               int    // HTTP status; 0 when there was no answer
	Answer               string // body of the answer, shortened
	Error                string // why there was no answer
	Took                 time.Duration
	Pending              bool // the answer is still waited for
}

// OK reports whether the other side took it.
func (f Firing) OK() bool { return f.Status >= 200 && f.Status < 300 }

// Why a rule is not sent.
var (
	errNoRule   = errors.New("no such rule, or it is not enabled")
	errNoTicket = errors.New("no such ticket")
	errNoURL    = errors.New("the rule has no URL")
)

// fireNew runs the rules that wait for new tickets, without making the caller wait for the answers.
func (s *sender) fireNew(ticketID int64) {
	var ids []int64
	s.state.Read(func(w *world) {
		for _, r := range w.Rules {
			if r.Enabled && r.When == whenNewTicket {
				ids = append(ids, r.ID)
			}
		}
	})
	for _, id := range ids {
		s.fireLater(id, ticketID)
	}
}

// fireLater logs the firing at once and sends it in the background.
func (s *sender) fireLater(ruleID, ticketID int64) {
	f, call, err := s.prepare(ruleID, ticketID)
	if err != nil {
		s.log.Warn("rule not sent", "rule", ruleID, "ticket", ticketID, "error", err)
		return
	}
	s.work.Go(func() { s.send(s.stop, f, call) })
}

// call is a POST ready to go.
type call struct {
	url, contentType string
	headers          http.Header
	body             []byte
}

// prepare fills in the variables and logs the firing as pending.
func (s *sender) prepare(ruleID, ticketID int64) (f Firing, c call, err error) {
	s.state.Write(func(w *world) {
		r, t := w.rule(ruleID), w.Tickets[ticketID]
		switch {
		case r == nil || !r.Enabled:
			err = errNoRule
			return
		case t == nil:
			err = errNoTicket
			return
		}
		c, err = makeCall(r, variables(t, w.Clients[t.ClientID]))
		if err != nil && !errors.Is(err, errNoURL) {
			return
		}
		f = Firing{ID: w.id(), RuleID: r.ID, TicketID: t.ID, RuleName: r.Name, At: s.now(), URL: c.url,
			Request: clip(c.body, keptAnswer), Pending: err == nil}
		if err != nil {
			f.Error = err.Error()
		}
		logged := f
		w.Firings = append(w.Firings, &logged)
		if n := len(w.Firings); n > maxFirings {
			w.Firings = slices.Clone(w.Firings[n-maxFirings:])
		}
	})
	return f, c, err
}

// makeCall builds the POST of a rule.
func makeCall(r *rule, vars map[string]string) (call, error) {
	a, err := parseAction(r.Action)
	if err != nil {
		return call{}, err
	}
	var data any = map[string]any{}
	if len(a.Data) > 0 {
		if err := json.Unmarshal(a.Data, &data); err != nil {
			return call{}, fmt.Errorf("read data of the action: %w", err)
		}
	}
	data = fill(data, vars)
	headers, err := a.headers(vars)
	if err != nil {
		return call{}, err
	}
	c := call{url: fillString(a.URL, vars), contentType: "application/json", headers: headers}
	if r.Encoding == encodingForm {
		c.contentType = "application/x-www-form-urlencoded"
		form := url.Values{}
		bracket(form, "", data)
		c.body = []byte(form.Encode())
	} else if c.body, err = json.Marshal(data); err != nil {
		return call{}, fmt.Errorf("encode data of the action: %w", err)
	}
	if c.url == "" {
		return c, errNoURL
	}
	return c, nil
}

// send posts and completes the log entry.
func (s *sender) send(ctx context.Context, f Firing, c call) Firing {
	ctx, cancel := context.WithTimeout(ctx, s.opts.RuleTimeout)
	defer cancel()
	start := time.Now()
	status, answer, err := s.post(ctx, c.url, c.contentType, c.headers, c.body, maxAnswer)
	f.Took, f.Pending, f.Status, f.Answer = time.Since(start), false, status, clip(answer, keptAnswer)
	if err != nil {
		f.Error = err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			f.Error = fmt.Sprintf("no answer within %s", s.opts.RuleTimeout)
		}
		s.log.Warn("rule got no answer", "rule", f.RuleID, "ticket", f.TicketID, "error", f.Error)
	}
	s.state.Write(func(w *world) {
		for _, logged := range w.Firings {
			if logged.ID == f.ID {
				*logged = f
			}
		}
	})
	return f
}
