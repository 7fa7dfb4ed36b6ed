package rules

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/ledger"
)

func TestWork_namesAndTemplatesBecomeADeal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	r, _, err := request.Bind("application/json", []byte(`{"ticketId":101,"comment":"for {{client.name}}","tags":"vip,{{client.name}}",
		"fields":{"name":"Ticket {{ticket.id}}","status":"new","responsible_user":"Agent","custom_fields":{"One":"a"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Check(t.Context(), h.tenant, r); err != nil {
		t.Fatal(err)
	}
	h.run(h.Service)
	h.until(h.accept(r).ID, ledger.StateDone)
	leads, notes, _ := h.crm.snapshot()
	if len(leads) != 1 || len(notes) != 1 {
		t.Fatalf("%v %v", leads, notes)
	}
	lead := leads[0]
	got := fmt.Sprint(lead["name"], lead["pipeline_id"], lead["status_id"], lead["responsible_user_id"], lead["custom_fields_values"], lead["tags_to_add"], notes[0]["params"])
	const want = "Ticket 1016.51649e+06 5.552425e+07 9.311182e+06 " +
		"[map[field_id:1.372537e+06 values:[map[enum_id:705377]]]] [map[name:vip] map[name:Ann]] map[text:for Ann]"
	if got != want {
		t.Errorf("the deal is %s\nwant        %s", got, want)
	}
}

func TestWork_aNameThatTheAccountHasNotGotIsLeftOutWithARemark(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	h.run(h.Service)
	e := h.until(h.accept(request.Request{TicketID: 101, Comment: "for you", Fields: request.LeadFields{Name: "n", Pipeline: "Slaes"}}).ID, ledger.StateDone)
	if len(e.Problems) != 1 || e.Problems[0].Path != "fields.pipeline" || e.Problems[0].Key != "no_pipeline" ||
		e.Problems[0].Params["Near"] != "6516490 (Sales)" || !contains(jobs.English(e.Why), "did you mean 6516490 (Sales)?") || e.Label != ledger.LabelRemarks {
		t.Errorf("%s %s %+v", e.Label, e.Why, e.Problems)
	}
	leads, notes, _ := h.crm.snapshot()
	if len(leads) != 1 || leads[0]["name"] != "n" || len(notes) != 2 || notes[0]["params"].(obj)["text"] != "for you" {
		t.Fatalf("%v %v", leads, notes)
	}
	text := fmt.Sprint(notes[1]["params"].(obj)["text"])
	if !contains(text, "fields.pipeline: the account has no such pipeline") || !contains(text, "It held: Slaes") {
		t.Errorf("the note says %s", text)
	}
	counts, err := h.Counts(t.Context(), h.tenant.ID)
	if err != nil || counts.Remarks != 1 || counts.Done != 1 {
		t.Errorf("%+v %v", counts, err)
	}
	p, err := h.Inbox(t.Context(), h.tenant.ID, Query{Label: ledger.LabelRemarks})
	if err != nil || len(p.Jobs) != 1 || p.Jobs[0].ID != e.ID {
		t.Errorf("%+v %v", p, err)
	}
}

func TestWork_aStrictRuleWaitsForAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	h.run(h.Service)
	for _, r := range []request.Request{{TicketID: 101, Fields: request.LeadFields{Pipeline: "Slaes"}}, {TicketID: 101, Fields: request.LeadFields{StatusID: 5}}} {
		r.Strict = true
		e := h.until(h.accept(r).ID, ledger.StateFailed)
		if len(e.Problems) != 1 || e.Problems[0].Remark || e.Why == "" {
			t.Errorf("%s %+v", e.Why, e.Problems)
		}
	}
	if leads, _, _ := h.crm.snapshot(); len(leads) > 0 {
		t.Errorf("a deal was made: %v", leads)
	}
}
