package scenario

import (
	"slices"
	"strings"
	"testing"
)

// palette are the colours amoCRM lets one write (amocrm.md §3.2).
var palette = strings.Fields(`#fffeb2 #fffd7f #fff000 #ffeab2 #ffdc7f #ffce5a #ffdbdb #ffc8c8 #ff8f92 #d6eaff #c1e0ff
	#98cbff #ebffb1 #deff81 #87f2c0 #f9deff #f3beff #ccc8f9 #eb93ff #f2f3f4 #e6e8ea`)

func TestBuild_deskIsConsistent(t *testing.T) {
	w := Build()
	clients := map[int64]Client{}
	for _, c := range w.Clients {
		if _, twice := clients[c.ID]; twice {
			t.Errorf("client %d twice", c.ID)
		}
		clients[c.ID] = c
	}
	seen := map[int64]bool{}
	statuses := []int64{ticketOpen, ticketSolved, ticketHold, ticketPending, ticketNew}
	for _, ticket := range w.Tickets {
		if seen[ticket.ID] {
			t.Errorf("ticket %d twice", ticket.ID)
		}
		seen[ticket.ID] = true
		if _, known := clients[ticket.ClientID]; !known {
			t.Errorf("%s: no client %d", ticket.Scenario, ticket.ClientID)
		}
		if n := len(ticket.Messages); n < 1 || n > 4 {
			t.Errorf("%s: %d messages, want 1 to 4", ticket.Scenario, n)
		}
		if !slices.Contains(statuses, ticket.StatusID) || ticket.Channel == "" || ticket.Title == "" || ticket.Age < 1 {
			t.Errorf("%s: status %d, channel %q, title %q, age %d", ticket.Scenario, ticket.StatusID, ticket.Channel, ticket.Title, ticket.Age)
		}
		for id := range ticket.Fields {
			if w.TicketFields[id] == "" {
				t.Errorf("%s: unknown ticket field %d", ticket.Scenario, id)
			}
		}
		for _, m := range ticket.Messages {
			if m.From != "client" && m.From != "user" {
				t.Errorf("%s: message from %q", ticket.Scenario, m.From)
			}
		}
	}
}

func TestBuild_accountsAreConsistent(t *testing.T) {
	for _, a := range Build().Accounts {
		t.Run(a.Subdomain, func(t *testing.T) { checkAccount(t, a) })
	}
}

func checkAccount(t *testing.T, a Account) {
	ids := map[string]map[int64]bool{}
	add := func(kind string, id int64) {
		if ids[kind] == nil {
			ids[kind] = map[int64]bool{}
		}
		if ids[kind][id] || id <= 0 {
			t.Errorf("%s %d is doubled or not positive", kind, id)
		}
		ids[kind][id] = true
	}
	need := func(kind string, id int64, where string) {
		if !ids[kind][id] {
			t.Errorf("%s names %s %d, which does not exist", where, kind, id)
		}
	}
	for _, u := range a.Users {
		add("user", u.ID)
	}
	stages := stagesOf(t, a, add)
	for _, r := range a.LossReasons {
		add("loss reason", r.ID)
	}
	fields := map[int64]Field{}
	for _, f := range slices.Concat(a.LeadFields, a.ContactField, a.CompanyField) {
		add("field", f.ID)
		fields[f.ID] = f
		for _, e := range f.Enums {
			add("enum", e.ID)
		}
		for _, r := range f.Required {
			if !stages[r] {
				t.Errorf("field %s is required at unknown stage %v", f.Name, r)
			}
		}
	}
	for _, c := range a.Companies {
		add("company", c.ID)
		checkValues(t, c.Name, c.Fields, a.CompanyField)
	}
	for _, c := range a.Contacts {
		add("contact", c.ID)
		need("user", c.Responsible, c.Name)
		if c.CompanyID != 0 {
			need("company", c.CompanyID, c.Name)
		}
		checkValues(t, c.Name, c.Fields, a.ContactField)
	}
	for _, l := range a.Leads {
		add("lead", l.ID)
		need("user", l.Responsible, l.Name)
		if !stages[PipelineStatus{l.PipelineID, l.StatusID}] {
			t.Errorf("lead %s stands in unknown stage %d/%d", l.Name, l.PipelineID, l.StatusID)
		}
		if (l.LossReason != 0) != (l.StatusID == StageLost) {
			t.Errorf("lead %s: loss reason %d in status %d", l.Name, l.LossReason, l.StatusID)
		}
		if l.LossReason != 0 {
			need("loss reason", l.LossReason, l.Name)
		}
		for _, c := range l.Contacts {
			need("contact", c, l.Name)
		}
		checkValues(t, l.Name, l.Fields, a.LeadFields)
	}
	of := map[string]string{"leads": "lead", "contacts": "contact"}
	for _, n := range a.Notes {
		need(of[n.Entity], n.EntityID, "note "+n.Type)
		if n.Author != 0 {
			need("user", n.Author, "note "+n.Type)
		}
	}
	for _, k := range a.Tasks {
		need(of[k.Entity], k.EntityID, "task "+k.Text)
		need("user", k.Responsible, "task "+k.Text)
	}
}

// stagesOf checks the pipelines and returns every pair in which a lead may stand.
func stagesOf(t *testing.T, a Account, add func(string, int64)) map[PipelineStatus]bool {
	stages := map[PipelineStatus]bool{}
	main := 0
	for _, p := range a.Pipelines {
		add("pipeline", p.ID)
		add("stage", p.UnsortedID)
		if p.Main {
			main++
		}
		stages[PipelineStatus{p.ID, StageWon}] = true
		stages[PipelineStatus{p.ID, StageLost}] = true
		for _, s := range p.Statuses {
			add("stage", s.ID)
			stages[PipelineStatus{p.ID, s.ID}] = true
			if !slices.Contains(palette, s.Color) {
				t.Errorf("stage %s has colour %s, which amoCRM does not offer", s.Name, s.Color)
			}
		}
	}
	if main != 1 {
		t.Errorf("%d main pipelines, want 1", main)
	}
	return stages
}

func checkValues(t *testing.T, owner string, values []Value, defined []Field) {
	for _, v := range values {
		i := slices.IndexFunc(defined, func(f Field) bool { return f.ID == v.FieldID })
		if i < 0 {
			t.Errorf("%s has a value of field %d, which this kind of card lacks", owner, v.FieldID)
			continue
		}
		for _, one := range v.Values {
			enum, has := one["enum_id"]
			if has && !slices.ContainsFunc(defined[i].Enums, func(e Enum) bool { return e.ID == enum }) {
				t.Errorf("%s: field %s has no choice %v", owner, defined[i].Name, enum)
			}
		}
	}
}
