package seed

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// peopleAge is how long before the start people without deals were entered, in hours.
const peopleAge = 24 * 90

// base is the shared part of a seeded entity, entered some hours ago by the one who is responsible for it.
func (s seeder) base(id int64, name string, responsible int64, hours int) world.Base {
	responsible = cmp.Or(responsible, s.a.Users[0].ID)
	at := s.ago(hours)
	return world.Base{
		ID: id, Name: name, Responsible: responsible, CreatedBy: responsible, UpdatedBy: responsible, CreatedAt: at, UpdatedAt: at,
	}
}

// people makes companies and contacts; no contact is younger than its first deal.
func (s seeder) people() {
	for _, in := range s.in.Companies {
		c := &world.Company{Base: s.base(in.ID, in.Name, 0, peopleAge)}
		s.values("companies", &c.Base, in.Fields)
		s.a.Companies[c.ID] = c
		s.journal(c.CreatedAt, c.CreatedBy).Added("companies", c.ID)
	}
	for _, in := range s.in.Contacts {
		age := peopleAge
		for _, l := range s.in.Leads {
			if slices.Contains(l.Contacts, in.ID) {
				age = max(age, l.Age)
			}
		}
		c := &world.Contact{Base: s.base(in.ID, in.Name, in.Responsible, age), CompanyID: in.CompanyID}
		c.FirstName, c.LastName, _ = strings.Cut(in.Name, " ")
		c.Tags = s.tags("contacts", in.Tags)
		coded := []any{}
		for code, values := range map[string][]string{"PHONE": in.Phones, "EMAIL": in.Emails, "POSITION": {in.Position}} {
			var list []map[string]any
			for _, v := range values {
				if v != "" {
					list = append(list, map[string]any{"value": v})
				}
			}
			if list != nil {
				coded = append(coded, map[string]any{"field_code": code, "values": list})
			}
		}
		s.write("contacts", &c.Base, coded)
		s.values("contacts", &c.Base, in.Fields)
		s.orderFields("contacts", &c.Base)
		s.a.Contacts[c.ID] = c
		s.journal(c.CreatedAt, c.CreatedBy).Added("contacts", c.ID)
	}
}

// orderFields puts an entity's values into the order of the definitions.
func (s seeder) orderFields(entity string, b *world.Base) {
	at := func(v world.FieldValue) int {
		return slices.IndexFunc(s.a.Fields[entity], func(f *world.Field) bool { return f.ID == v.FieldID })
	}
	slices.SortFunc(b.Fields, func(x, y world.FieldValue) int { return at(x) - at(y) })
}

// deals makes leads with the events of their way to where they stand.
func (s seeder) deals() {
	for _, in := range s.in.Leads {
		p, st := world.StatusOf(s.a, in.PipelineID, in.StatusID)
		if st == nil {
			panic(fmt.Sprintf("seed lead %d: no stage %d in pipeline %d", in.ID, in.StatusID, in.PipelineID))
		}
		l := &world.Lead{
			Base: s.base(in.ID, in.Name, in.Responsible, in.Age), Price: in.Price, PipelineID: in.PipelineID,
			StatusID: in.StatusID, LossReasonID: in.LossReason, CompanyID: in.CompanyID,
		}
		l.Tags = s.tags("leads", in.Tags)
		for i, id := range in.Contacts {
			l.Contacts = append(l.Contacts, world.LeadContact{ID: id, IsMain: i == 0})
		}
		s.values("leads", &l.Base, in.Fields)
		s.a.Leads[l.ID] = l
		j := s.journal(l.CreatedAt, l.CreatedBy)
		j.Added("leads", l.ID)
		for _, c := range l.Contacts {
			j.Linked("entity_linked", "leads", l.ID, "contacts", c.ID)
		}
		s.way(l, p, st)
		if st.Type == world.UnsortedType {
			s.incoming(l)
		}
	}
}

// way records the move from the first stage to the one where the lead stands, half-way between its birth and now.
func (s seeder) way(l *world.Lead, p *world.Pipeline, st *world.Status) {
	first := world.FirstStatus(p)
	if st.Type == world.UnsortedType || st == first {
		return
	}
	l.UpdatedAt = (l.CreatedAt + s.now) / 2
	if world.Closed(st.ID) {
		l.ClosedAt = l.UpdatedAt
	}
	stage := func(id int64) []map[string]any {
		return world.One("lead_status", map[string]any{"id": id, "pipeline_id": p.ID})
	}
	s.journal(l.UpdatedAt, l.Responsible).Add("lead_status_changed", "lead", l.ID, stage(st.ID), stage(first.ID))
}

// incoming gives a lead in Unsorted the record that it came with.
func (s seeder) incoming(l *world.Lead) {
	u := &world.Unsorted{
		UID: fmt.Sprintf("%060x", l.ID), Category: "forms", SourceUID: "sandbox-form", SourceName: "Website",
		PipelineID: l.PipelineID, CreatedAt: l.CreatedAt, LeadID: l.ID,
		Metadata: json.RawMessage(`{"form_id":"sandbox-form","form_name":"Website","form_page":"https://example.com","ip":"192.0.2.1","form_sent_at":null,"referer":null}`),
	}
	if len(l.Contacts) > 0 {
		u.ContactID = l.Contacts[0].ID
	}
	s.a.Unsorted[u.UID] = u
}

// activity makes notes and tasks.
func (s seeder) activity() {
	for _, in := range s.in.Notes {
		if edit.NoteParams[in.Type] == nil || world.BaseByID(s.a, in.Entity, in.EntityID) == nil {
			panic(fmt.Sprintf("seed note: type %q on %s %d is none", in.Type, in.Entity, in.EntityID))
		}
		at := s.ago(in.Age)
		n := &world.Note{
			ID: s.w.TakeID(), Entity: in.Entity, EntityID: in.EntityID, Type: in.Type, Params: in.Params, CreatedBy: in.Author,
			UpdatedBy: in.Author, CreatedAt: at, UpdatedAt: at, Responsible: world.BaseByID(s.a, in.Entity, in.EntityID).Responsible,
		}
		s.a.Notes[n.ID] = n
		s.journal(at, n.CreatedBy).Add(world.NoteEvents[n.Type], world.Singular(n.Entity), n.EntityID, world.One("note", map[string]any{"id": n.ID}), nil)
	}
	for _, in := range s.in.Tasks {
		s.task(in)
	}
}

func (s seeder) task(in scenario.Task) {
	owner := world.BaseByID(s.a, in.Entity, in.EntityID)
	if owner == nil {
		panic(fmt.Sprintf("seed task: no %s %d", in.Entity, in.EntityID))
	}
	due := s.now + int64(in.Due)*3600
	at := max(owner.CreatedAt, min(s.now, due)-48*3600)
	t := &world.Task{
		ID: s.w.TakeID(), Entity: in.Entity, EntityID: in.EntityID, Text: in.Text, Type: cmp.Or(in.Type, world.TaskFollowUp), Responsible: in.Responsible,
		CompleteTill: due, Completed: in.Done, CreatedBy: in.Responsible, UpdatedBy: in.Responsible, CreatedAt: at, UpdatedAt: at,
	}
	s.a.Tasks[t.ID] = t
	s.journal(at, t.CreatedBy).Add("task_added", world.Singular(t.Entity), t.EntityID, nil, nil)
	if t.Completed {
		t.UpdatedAt = max(at, min(s.now, due))
		s.journal(t.UpdatedAt, t.Responsible).Add("task_completed", world.Singular(t.Entity), t.EntityID, nil, nil)
	}
}
