package rules

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
)

const tasksCall = "POST /tasks"

// withTask is a job whose deal gets a note and a task.
func withTask(ticket int64) request.Request {
	r := published(ticket)
	r.Task = &request.TaskRequest{Text: "call back"}
	return r
}

// amoCRM's Date may be minutes ahead of the created_at that it stores: what a lost write has made is found nevertheless.
func TestWork_lostWriteIsFoundWhenTheDateIsMinutesAhead(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{6 * time.Second, time.Minute, 10*time.Minute - 10*time.Second} {
		for _, call := range []string{complexCall, notesCall, tasksCall} {
			t.Run(fmt.Sprint(ahead, " ", call), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				h.crm.dateAhead = ahead
				h.login()
				h.link(1)
				h.crm.spoil(call, fault{commit: true, cut: true})
				h.run(h.Service)
				e := h.until(h.accept(withTask(1000)).ID, ledger.StateDone)
				leads, notes, _ := h.crm.snapshot()
				if len(leads) != 1 || len(notes) != 1 || len(h.crm.allTasks()) != 1 || h.crm.count(call) != 1 {
					t.Errorf("%d leads, %d notes, %d tasks; %v", len(leads), len(notes), len(h.crm.allTasks()), e.Timeline)
				}
			})
		}
	}
}

// What an earlier job has made a moment ago lies in the look's window, too. It is not taken for what a lost write has not
// made.
func TestWork_whatAnEarlierFiringHasMadeIsNotTakenForALostOne(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]request.OpenDeal{complexCall: request.OpenDealCreate, notesCall: request.OpenDealAttach, tasksCall: request.OpenDealAttach} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.link(2)
			h.run(h.Service)
			first := withTask(1000)
			first.IfOpenDeal = open
			if open == request.OpenDealAttach { // a deal that both are attached to
				h.until(h.accept(withTask(1000)).ID, ledger.StateDone)
				h.crm.forgetExtras()
			}
			a := h.until(h.accept(first).ID, ledger.StateDone)
			second := first
			second.AmoClientID, second.UseMapping = "", true // another job, of the same deal, note and task
			h.crm.spoil(name, fault{cut: true})
			b := h.until(h.accept(second).ID, ledger.StateDone)
			leads, notes, _ := h.crm.snapshot()
			want := 2
			if open == request.OpenDealAttach {
				want = 1
			}
			if len(leads) != want || len(notes) != 2 || len(h.crm.allTasks()) != 2 ||
				(a.Steps.LeadID == b.Steps.LeadID) != (want == 1) || a.Steps.NoteID == b.Steps.NoteID || a.Steps.TaskID == b.Steps.TaskID {
				t.Errorf("%d leads, %d notes, %d tasks; %+v and %+v", len(leads), len(notes), len(h.crm.allTasks()), a.Steps, b.Steps)
			}
		})
	}
}

// A person makes by hand what a lost write was to make and has not: the job makes its own.
func TestWork_whatAPersonMadeIsNotTakenForALostWrite(t *testing.T) {
	t.Parallel()
	for _, call := range []string{complexCall, notesCall, tasksCall} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.link(1)
			h.run(h.Service)
			theirs := int64(0)
			h.crm.spoil(call, fault{commit: true, cut: true, do: func() { theirs = h.crm.madeBy(call, 8) }})
			e := h.until(h.accept(withTask(1000)).ID, ledger.StateDone)
			leads, notes, _ := h.crm.snapshot()
			made := map[string]int{complexCall: len(leads), notesCall: len(notes), tasksCall: len(h.crm.allTasks())}
			for what, n := range made {
				if want := map[bool]int{true: 2, false: 1}[what == call]; n != want {
					t.Errorf("%s: %d made, want %d", what, n, want)
				}
			}
			if e.Steps.LeadID == theirs || e.Steps.NoteID == theirs || e.Steps.TaskID == theirs {
				t.Errorf("it took %d, which a person made: %+v", theirs, e.Steps)
			}
		})
	}
}

// Where the account does not tell authors, or tells of a robot, a lost write is found as if there were none.
func TestWork_lostWriteOfAnUnknownAuthorIsFound(t *testing.T) {
	t.Parallel()
	for name, author := range map[string]any{"a robot": 0, "not told": nil, "the user of the login": apiUser} {
		for _, call := range []string{complexCall, notesCall, tasksCall} {
			t.Run(name+" "+call, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				h.login()
				h.link(1)
				h.crm.spoil(call, fault{commit: true, cut: true, do: func() { h.crm.madeBy(call, author) }})
				h.run(h.Service)
				h.until(h.accept(withTask(1000)).ID, ledger.StateDone)
				if n := h.crm.count(call); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		}
	}
}

// A deal that an agent made from the client's card by the same login is another one.
func TestWork_aDealMadeFromTheCardIsNotTakenForALostOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.link(1)
	var byHand int64
	h.crm.spoil(complexCall, fault{commit: true, cut: true, do: func() {
		h.crm.mu.Lock()
		defer h.crm.mu.Unlock()
		byHand = h.crm.leads[0]["id"].(int64)
		key := store.Key(h.tenant.ID, "made", "1000") // as deals.Deals.CreateDeal notes it
		if err := h.db.ZAdd(t.Context(), key, zNow(fmt.Sprint("deal:", byHand))).Err(); err != nil {
			t.Error(err)
		}
	}})
	h.run(h.Service)
	e := h.until(h.accept(published(1000)).ID, ledger.StateDone)
	if leads, _, _ := h.crm.snapshot(); len(leads) != 2 || e.Steps.LeadID == byHand {
		t.Errorf("%d leads, the firing took %d, by hand was %d", len(leads), e.Steps.LeadID, byHand)
	}
}

// allTasks are the account's tasks.
func (c *fakeCRM) allTasks() []obj {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tasks
}

// forgetExtras removes notes and tasks.
func (c *fakeCRM) forgetExtras() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes, c.tasks = nil, nil
}

// madeBy gives what a call has just made another author, nil for none, and returns its id.
func (c *fakeCRM) madeBy(call string, author any) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := map[string][]obj{complexCall: c.leads, notesCall: c.notes, tasksCall: c.tasks}[call]
	last := maps.Clone(list[len(list)-1])
	if last["created_by"] = author; author == nil {
		delete(last, "created_by")
	}
	list[len(list)-1] = last
	return last["id"].(int64)
}
