package rules

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm/subjects"
	"github.com/sidecard/sidecard/internal/ledger"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func published(ticket int64) request.Request {
	return request.Request{
		AmoClientID: "1ff6828b-c10c-43f8-98d0-370001e85b6c", TicketID: ticket, Comment: "4444",
		Fields: request.LeadFields{Name: "gg", Price: "1", StatusID: 55524250, PipelineID: 6516490, ResponsibleID: 9311182,
			Custom: []request.CustomField{
				{FieldID: 1025541, Values: value(`"asd"`)},
				{FieldID: 1372537, Values: []request.CustomValue{{EnumID: 705377}}},
				{FieldID: 1372539, Values: []request.CustomValue{{EnumID: 705381}, {EnumID: 705385}}},
			}},
	}
}

func TestWork_publishedRuleMakesContactDealAndNote(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann Example", "8 (999) 000-00-01")
	h.run(h.Service)
	began := time.Now()
	e := h.until(h.accept(published(101)).ID, ledger.StateDone)
	if e.Attempts != 1 || e.Steps.LeadURL != fmt.Sprintf("%s/leads/detail/%d", h.crm.URL, e.Steps.LeadID) {
		t.Errorf("%+v", e)
	}
	leads, notes, contacts := h.crm.snapshot()
	if len(leads) != 1 || len(notes) != 1 || len(contacts) != 1 {
		t.Fatalf("%d leads, %d notes, %d contacts after %s", len(leads), len(notes), len(contacts), time.Since(began))
	}
	if l := leads[0]; l["name"] != "gg" || l["price"] != 1.0 || l["status_id"] != 55524250.0 || l["pipeline_id"] != 6516490.0 ||
		l["responsible_user_id"] != 9311182.0 || len(l["custom_fields_values"].(arr)) != 3 {
		t.Errorf("lead %v", l)
	}
	if n := notes[0]; n["note_type"] != "common" || n["params"].(obj)["text"] != "4444" || int64(n["entity_id"].(float64)) != e.Steps.LeadID {
		t.Errorf("note %v", n)
	}
	if !contains(fmt.Sprint(contacts[0]), "+79990000001") || contacts[0]["name"] != "Ann Example" {
		t.Errorf("contact %v", contacts[0])
	}
	if e.Steps.ContactID == 0 || !e.Steps.Remembered || e.Steps.NoteID == 0 {
		t.Errorf("steps %+v", e.Steps)
	}
}

func TestWork_dealGoesToTheContactThatExists(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	want := h.crm.addContact("Ann", "+79990000001")
	h.desk.add(101, 55, "Ann Example", "8 (999) 000-00-01")
	h.run(h.Service)
	e := h.until(h.accept(published(101)).ID, ledger.StateDone)
	if _, _, contacts := h.crm.snapshot(); e.Steps.ContactID != want || len(contacts) != 1 {
		t.Errorf("contact %d, want %d of %d", e.Steps.ContactID, want, len(contacts))
	}
}

func TestWork_linkedContactThatIsGoneIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	linked := h.crm.addContact("Old", "+79990000009")
	h.desk.add(101, 55, "Ann Example", "+79990000001")
	a, err := subjects.Open(t.Context(), h.accounts, h.tenant.ID, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Link(t.Context(), 55, linked); err != nil {
		t.Fatal(err)
	}
	h.crm.dropContact(linked)
	h.run(h.Service)
	e := h.until(h.accept(published(101)).ID, ledger.StateDone)
	if leads, _, _ := h.crm.snapshot(); len(leads) != 1 || e.Steps.ContactID == linked || e.Steps.ContactID == 0 {
		t.Errorf("%d leads, contact %d", len(leads), e.Steps.ContactID)
	}
}

func TestWork_tenTimesTheSameIsOneDeal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	replicas := []*Service{h.Service, h.replica(), h.replica()}
	for _, s := range replicas {
		h.run(s)
	}
	var wg sync.WaitGroup
	got := make([]string, 10)
	for i := range got {
		wg.Go(func() {
			e, _, err := replicas[i%3].Accept(t.Context(), h.tenant, published(101), "")
			if err != nil {
				t.Error(err)
			}
			got[i] = e.ID
		})
	}
	wg.Wait()
	if slices.Sort(got); got[0] != got[9] {
		t.Error("several ids")
	}
	h.until(got[0], ledger.StateDone)
	if leads, notes, _ := h.crm.snapshot(); len(leads) != 1 || len(notes) != 1 {
		t.Errorf("%d leads, %d notes", len(leads), len(notes))
	}
}

func TestWork_twoFiringsOfOneNewClientMakeOneContact(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "") // nothing to search by: only our memory knows
	h.desk.add(102, 55, "Ann", "")
	h.run(h.Service)
	a, b := h.accept(published(101)), h.accept(published(102))
	h.until(a.ID, ledger.StateDone)
	h.until(b.ID, ledger.StateDone)
	if leads, _, contacts := h.crm.snapshot(); len(leads) != 2 || len(contacts) != 1 {
		t.Errorf("%d leads, %d contacts", len(leads), len(contacts))
	}
}

func TestWork_whatTheCRMRefusesIsLeftOutAndSaidByThePathOfTheRule(t *testing.T) {
	t.Parallel()
	unknownField := published(101)
	unknownField.Fields.Custom = append([]request.CustomField{{FieldID: 1025541, Values: []request.CustomValue{{Value: []byte(`""`)}}}},
		request.CustomField{FieldID: 999, Values: []request.CustomValue{{Value: []byte(`"x"`)}}})
	badStatus := published(101)
	badStatus.Fields.StatusID = 5
	badChoice := published(101)
	badChoice.Fields.Custom[2].Values[0].EnumID = 5
	for name, c := range map[string]struct {
		r                   request.Request
		path, detail, given string
		fields              int
	}{
		"field":  {unknownField, "fields.custom_fields_values[1].field_id", "1025541 (Text)", "999: x", 0},
		"stage":  {badStatus, "fields.status_id", "55524250 (New)", "5", 3},
		"choice": {badChoice, "fields.custom_fields_values[2].values[0].enum_id", "705385 (C)", "5", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.login()
			h.desk.add(101, 55, "Ann", "+79990000001")
			h.run(h.Service)
			e := h.until(h.accept(c.r).ID, ledger.StateDone)
			if len(e.Problems) != 1 || e.Problems[0].Path != c.path || !contains(e.Problems[0].Detail, c.detail) || e.Problems[0].Given != c.given {
				t.Errorf("%s: %q %+v", c.path, e.Why, e.Problems)
			}
			leads, _, _ := h.crm.snapshot()
			if len(leads) != 1 || leads[0]["name"] != "gg" {
				t.Fatalf("%v", leads)
			}
			if fields, _ := leads[0]["custom_fields_values"].(arr); len(fields) != c.fields {
				t.Errorf("%d fields are left of the deal: %v", len(fields), fields)
			}
		})
	}
}

func TestWork_aTicketThatIsNotThereFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.run(h.Service)
	e := h.until(h.accept(published(404)).ID, ledger.StateFailed)
	if len(e.Problems) != 1 || e.Problems[0].Path != "ticketId" || !contains(e.Problems[0].Detail, "no such ticket") || e.Why == "" {
		t.Errorf("%q %+v", e.Why, e.Problems)
	}
}

func TestWork_valuesTakeTheFormOfTheirField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	h.run(h.Service)
	r := published(101)
	r.Fields.Custom = []request.CustomField{{FieldID: 20, Values: []request.CustomValue{{Value: []byte(`"1577836800"`)}}}}
	r.Fields.PipelineID = 0 // the stage says which
	h.until(h.accept(r).ID, ledger.StateDone)
	leads, _, _ := h.crm.snapshot()
	if got := fmt.Sprint(leads[0]["custom_fields_values"]); !contains(got, "1.5778368e+09") || leads[0]["pipeline_id"] != 6516490.0 {
		t.Errorf("%v", leads[0])
	}
}

func TestWork_stopGivesBackWhatHasNotBegun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	inside, goOn := make(chan struct{}), make(chan struct{})
	h.crm.hook(func(int64) {
		close(inside)
		<-goOn
	})
	stop := h.run(h.Service)
	var entries []jobs.Job
	for i := range 3 {
		r := published(101)
		r.Comment = fmt.Sprint("note ", i)
		entries = append(entries, h.accept(r))
	}
	<-inside
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	h.crm.hook(nil)
	close(goOn)
	<-stopped
	c, err := h.Counts(t.Context(), h.tenant.ID)
	if err != nil || c.Working != 0 || c.Done+c.Accepted != 3 || c.Done == 0 {
		t.Errorf("%+v %v", c, err)
	}
	if !hinted(t, h.db, h.tenant.ID) {
		t.Error("nobody hears of what was given back")
	}
	h.run(h.replica())
	for _, e := range entries {
		h.until(e.ID, ledger.StateDone)
	}
	if leads, _, _ := h.crm.snapshot(); len(leads) != 3 {
		t.Errorf("%d leads of 3", len(leads))
	}
}
