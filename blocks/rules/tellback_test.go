package rules

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

// telling is a house whose tenant wants the outcomes in the helpdesk, with ticket 101 of a known client.
func telling(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.deps.Text = func(lang, key string, args ...any) string {
		if len(args) > 1 {
			return lang + " " + key + " " + args[1].(string)
		}
		return lang + " " + key
	}
	h.login()
	h.set(func(t *tenant.Tenant) { t.Settings.CommentBack, t.Settings.Language = true, "ru" })
	h.desk.add(101, 55, "Ann", "8 999 000-00-01")
	return h
}

func (h *house) set(change func(*tenant.Tenant)) {
	h.t.Helper()
	t, err := h.dir.Update(h.t.Context(), h.tenant.ID, func(t *tenant.Tenant) error { change(t); return nil })
	if err != nil {
		h.t.Fatal(err)
	}
	h.tenant = t
}

func TestTellBack_offByDefault(t *testing.T) {
	t.Parallel()
	h := telling(t)
	h.set(func(t *tenant.Tenant) { t.Settings.CommentBack = false })
	h.run(h.Service)
	h.until(h.accept(published(101)).ID, ledger.StateDone)
	if said := h.desk.said(101); len(said) != 0 {
		t.Errorf("said %v", said)
	}
}

func TestTellBack_privateLinkAfterSuccess(t *testing.T) {
	t.Parallel()
	h := telling(t)
	h.run(h.Service)
	e := h.until(h.accept(published(101)).ID, ledger.StateDone)
	said := h.desk.said(101)
	if len(said) != 1 || said[0].Type != "private" {
		t.Fatalf("said %v", said)
	}
	for _, want := range []string{"ru tellback.done", `href="` + e.Steps.LeadURL + `"`, jobs.Marker(e.ID)} {
		if !strings.Contains(said[0].Message, want) {
			t.Errorf("%q is not in %s", want, said[0].Message)
		}
	}
	if e.Steps.CommentID != said[0].ID || e.Steps.Told != ledger.StateDone {
		t.Errorf("steps %+v", e.Steps)
	}
}

func TestTellBack_reasonAfterFailure(t *testing.T) {
	t.Parallel()
	h := telling(t)
	h.run(h.Service)
	r := published(101)
	r.Fields.StatusID, r.Strict = 1, true
	e := h.until(h.accept(r).ID, ledger.StateFailed)
	said := h.desk.said(101)
	if len(said) != 1 || !strings.Contains(said[0].Message, "ru tellback.failed amoCRM refused") {
		t.Fatalf("said %v about %s", said, e.Why)
	}
}

func TestTellBack_whateverTheAnswerOneCommentAndTheSameOutcome(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err   error
		want  int  // comments in the ticket
		known bool // the entry names it
	}{
		"answer lost":      {&usedesk.Error{Kind: usedesk.KindUnknownOutcome}, 1, true},
		"token refused":    {&usedesk.Error{Kind: usedesk.KindRefused}, 0, false},
		"helpdesk is gone": {&usedesk.Error{Kind: usedesk.KindNetwork}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := telling(t)
			var calls atomic.Int32
			h.desk.onComment = func(usedesk.CommentInput) error { calls.Add(1); return tt.err }
			h.run(h.Service)
			e := h.until(h.accept(published(101)).ID, ledger.StateDone)
			said := h.desk.said(101)
			if len(said) != tt.want || calls.Load() != 1 || (e.Steps.CommentID != 0) != tt.known || (e.Steps.Told != "") != tt.known {
				t.Errorf("%d comments after %d calls, steps %+v", len(said), calls.Load(), e.Steps)
			}
		})
	}
}

// A worker that dies after the comment and before the outcome is stored: the next one says nothing again.
func TestTellBack_crashAfterTheCommentSaysItOnce(t *testing.T) {
	t.Parallel()
	h := telling(t)
	leases(6*time.Second, h.Service)
	id := h.accept(published(101)).ID
	h.desk.onComment = func(usedesk.CommentInput) error {
		h.desk.onComment = nil
		// Another claim takes the entry over: what this worker stores from now on is refused.
		if err := h.db.HSet(h.t.Context(), entryKey(h.tenant.ID, id), "claim", "another").Err(); err != nil {
			h.t.Error(err)
		}
		if err := h.db.ZAdd(h.t.Context(), prefix(h.tenant.ID)+":due", zNow(id)).Err(); err != nil {
			h.t.Error(err)
		}
		return nil
	}
	h.run(h.Service)
	e := h.until(id, ledger.StateDone)
	if said := h.desk.said(101); len(said) != 1 || e.Steps.CommentID != said[0].ID {
		t.Errorf("said %v, steps %+v", said, e.Steps)
	}
}

func TestSettled_hearsOfEveryOutcome(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	heard := make(chan jobs.Job, 100)
	h.deps.OnOutcome = func(e jobs.Job) { heard <- e }
	h.login()
	h.desk.add(101, 55, "Ann", "8 999 000-00-01")
	h.run(h.Service)
	r := published(101)
	r.Fields.StatusID, r.Strict = 1, true
	failed := h.accept(r)
	h.until(failed.ID, ledger.StateFailed)
	for deadline := time.After(patience); ; {
		select {
		case e := <-heard:
			if e.ID != failed.ID || e.Tenant != h.tenant.ID {
				t.Fatalf("heard %+v", e)
			}
			if e.State == ledger.StateFailed {
				return
			}
		case <-deadline:
			t.Fatal("heard nothing of its end")
		}
	}
}

func TestLoop_firingsOfOurOwnCommentAreShelved(t *testing.T) {
	t.Parallel()
	h := telling(t)
	h.desk.add(102, 55, "Ann", "8 999 000-00-01")
	h.run(h.Service)
	first := h.until(h.accept(published(101)).ID, ledger.StateDone)
	quoting := func(ticket int64, change func(*request.Request)) request.Request {
		r := published(ticket)
		change(&r)
		return r
	}
	text := "agent wrote: The rule created a deal " + jobs.Marker(first.ID)
	for name, tt := range map[string]struct {
		r    request.Request
		loop bool
	}{
		"comment":        {quoting(101, func(r *request.Request) { r.Comment = text }), true},
		"name":           {quoting(101, func(r *request.Request) { r.Fields.Name = text }), true},
		"task":           {quoting(101, func(r *request.Request) { r.Task = &request.TaskRequest{Text: text} }), true},
		"another ticket": {quoting(102, func(r *request.Request) { r.Comment = text }), false},
		"made-up marker": {quoting(101, func(r *request.Request) { r.Comment = jobs.Marker(strings.Repeat("0", len(first.ID))) }), false},
		"half a marker":  {quoting(101, func(r *request.Request) { r.Comment = "[sidecard:" + first.ID }), false},
		"no marker":      {quoting(101, func(r *request.Request) { r.Comment = "sidecard" }), false},
	} {
		e, existed, err := h.Accept(t.Context(), h.tenant, tt.r, "")
		if err != nil || existed {
			t.Fatalf("%s: existed %v, %v", name, existed, err)
		}
		if !tt.loop {
			if e.State != ledger.StateAccepted {
				t.Errorf("%s: %s (%s), want it accepted", name, e.State, e.Why)
			}
			continue
		}
		if e.State != ledger.StateDone || !e.Steps.Skipped || !strings.Contains(jobs.English(e.Why), "caused by our own comment on firing "+first.ID) ||
			len(e.Timeline) != 2 || !strings.Contains(jobs.English(e.Timeline[1].Text), "our own comment") {
			t.Errorf("%s: %+v", name, e)
		}
		again, existed, err := h.Accept(t.Context(), h.tenant, tt.r, "")
		if err != nil || !existed || again.ID != e.ID {
			t.Errorf("%s again: %s existed %v, %v", name, again.ID, existed, err)
		}
		page, err := h.Inbox(t.Context(), h.tenant.ID, Query{State: ledger.StateDone})
		listed := page.Jobs
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, l := range listed {
			found = found || l.ID == e.ID
		}
		if !found {
			t.Errorf("%s: not in the list of what is done", name)
		}
	}
}

// An hour later it is a person who quotes.
func TestLoop_oldMarkersAreQuotes(t *testing.T) {
	t.Parallel()
	h := telling(t)
	stop := h.run(h.Service)
	first := h.until(h.accept(published(101)).ID, ledger.StateDone)
	stop()
	old := time.Now().Add(-loopWithin - time.Minute).UnixMilli()
	if err := h.db.HSet(t.Context(), entryKey(h.tenant.ID, first.ID), "updated", old).Err(); err != nil {
		t.Fatal(err)
	}
	r := published(101)
	r.Comment = jobs.Marker(first.ID)
	if e := h.accept(r); e.State != ledger.StateAccepted {
		t.Errorf("%s (%s)", e.State, e.Why)
	}
}
