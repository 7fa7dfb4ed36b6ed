package edit

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// What becomes of an incoming lead.
const (
	OutcomeAccepted = "accepted"
	OutcomeDeclined = "declined"
)

// maxSettled bounds what is remembered of settled ones in an account; the oldest go first.
const maxSettled = 10_000

// UnsortedCategories are the kinds of incoming leads.
var UnsortedCategories = []string{"sip", "mail", "forms", "chats"}

// UnsortedMetadata are the keys that reads of each category always have.
var UnsortedMetadata = map[string][]string{
	"sip":   {"from", "phone", "called_at", "duration", "link", "service_code", "uniq"},
	"forms": {"form_id", "form_name", "form_page", "ip", "form_sent_at", "referer", "visitor_uid"},
	"mail":  {"from", "received_at", "subject", "thread_id", "message_id", "content_summary"},
	"chats": {"from", "to", "received_at", "service", "client", "origin", "last_message_text", "source_name"},
}

// CreateComplex makes the new company, the new contact in it and then the lead with both, and keeps what an incoming one
// came with.
func (x Writer) CreateComplex(d *Draft) (lead int64, incoming *world.Unsorted) {
	if d.NewCompany != nil {
		d.Company = x.Create("companies", d.NewCompany)
	}
	switch {
	case d.NewContact != nil:
		d.NewContact.Company = d.Company
		d.Contacts = []world.LeadContact{{ID: x.Create("contacts", d.NewContact), IsMain: true}}
	case d.NewCompany != nil && len(d.Contacts) > 0:
		if c := x.A.Contacts[d.Contacts[0].ID]; c.CompanyID == 0 {
			c.CompanyID = d.Company
		}
	}
	lead = x.Create("leads", d)
	if d.category != "" {
		incoming = x.recordUnsorted(lead, d)
	}
	return lead, incoming
}

// AddUnsorted makes incoming leads, all or none.
func (x Writer) AddUnsorted(category string, items []obj) (made []*world.Unsorted, bad Refusal) {
	var drafts []*Draft
	if !bad.Check(x.A, items, func(v Check, m obj, _ int) { drafts = append(drafts, readUnsorted(v, category, m)) }) {
		return nil, bad
	}
	for _, d := range drafts {
		_, u := x.CreateComplex(d)
		made = append(made, u)
	}
	return made, bad
}

// readUnsorted reads an incoming lead; names in it may be numbers (EX unsorted-forms-create-request.json).
func readUnsorted(v Check, category string, m obj) *Draft {
	v.Required(m, "source_uid")
	v.Required(m, "source_name")
	if v.Object(m, "metadata") == nil && !v.Failed() {
		v.Missing("metadata")
	}
	d := &Draft{}
	v.Embedded(m, "leads", func(at Check, el obj, i int) {
		if i == 0 {
			d = readLead(at, withTextNames(el), nil)
		}
	})
	if lead := v.Under("_embedded").Object(v.Object(m, "_embedded"), "lead"); lead != nil { // the official library's name of it
		d = readLead(v.Under("_embedded.lead"), withTextNames(lead), nil)
	}
	d.category, d.sent, d.Status = category, m, nil
	d.CreatedAt = v.Integer(m, "created_at")
	if d.Pipeline = v.Integer(m, "pipeline_id"); d.Pipeline != nil && world.PipelineOf(v.A, *d.Pipeline) == nil {
		v.Choice("pipeline_id")
	}
	v.Embedded(m, "contacts", func(at Check, el obj, i int) {
		switch {
		case i > 0:
		case el["id"] != nil: // clients send one that is there, too
			d.Contacts = []world.LeadContact{{ID: at.Existing(el, "id", "contacts"), IsMain: true}}
		default:
			d.NewContact = ReadDraft(at, "contacts", withTextNames(el))
		}
	})
	v.Embedded(m, "companies", func(at Check, el obj, i int) {
		switch {
		case i > 0:
		case el["id"] != nil:
			d.Company = at.Existing(el, "id", "companies")
		default:
			d.NewCompany = ReadDraft(at, "companies", withTextNames(el))
		}
	})
	return d
}

func withTextNames(m obj) obj {
	out := maps.Clone(m)
	for _, key := range []string{"name", "first_name", "last_name"} {
		if n, ok := m[key].(json.Number); ok {
			out[key] = n.String()
		}
	}
	return out
}

// recordUnsorted keeps what the incoming lead came with.
func (x Writer) recordUnsorted(lead int64, d *Draft) *world.Unsorted {
	l := x.A.Leads[lead]
	u := &world.Unsorted{UID: token.Hex(30), Category: d.category, PipelineID: l.PipelineID, CreatedAt: l.CreatedAt, LeadID: lead}
	if len(d.Contacts) > 0 {
		u.ContactID = d.Contacts[0].ID
	}
	sent, ok := d.sent["metadata"].(obj)
	if !ok {
		e, _ := d.sent["_embedded"].(obj)
		sent, _ = e["metadata"].(obj) // of a complex request
	}
	u.SourceUID, _ = d.sent["source_uid"].(string)
	u.SourceName, _ = d.sent["source_name"].(string)
	meta := obj{}
	for _, key := range UnsortedMetadata[d.category] {
		meta[key] = nil
	}
	maps.Copy(meta, sent)
	delete(meta, "is_call_event_needed") // an order, which reads don't tell
	delete(meta, "category")
	if sent["is_call_event_needed"] == true {
		x.callOf(u, meta)
	}
	if raw, err := json.Marshal(meta); err == nil { // decoded from JSON, so it can be encoded again
		u.Metadata = raw
	}
	x.A.Unsorted[u.UID] = u
	return u
}

// callOf puts the call that an incoming lead came with on its card.
func (x Writer) callOf(u *world.Unsorted, meta obj) {
	params := obj{"source": meta["service_code"]}
	for _, key := range []string{"uniq", "duration", "link", "phone"} {
		params[key] = world.PlainNumbers(meta[key])
	}
	x.AddNote(&world.Note{Entity: "leads", EntityID: u.LeadID, Type: "call_in", Params: params, CreatedBy: -1, Responsible: -1})
}

// settleUnsorted ends the wait of a lead that has left Unsorted.
func (x Writer) settleUnsorted(l *world.Lead, outcome string) {
	for _, u := range x.A.Unsorted {
		if u.LeadID == l.ID {
			x.Settle(u, outcome)
		}
	}
}

// Settle ends the wait of an incoming lead.
func (x Writer) Settle(u *world.Unsorted, outcome string) {
	delete(x.A.Unsorted, u.UID)
	u.Outcome, u.SettledAt = outcome, x.Now
	x.A.Settled = append(x.A.Settled, u)
	if over := len(x.A.Settled) - maxSettled; over > 0 {
		x.A.Settled = slices.Clone(x.A.Settled[over:])
	}
}

// Drop settles an incoming lead and puts it into the bin.
func (x Writer) Drop(u *world.Unsorted, outcome string) {
	x.Settle(u, outcome)
	if world.BaseByID(x.A, "leads", u.LeadID) != nil {
		x.bin("leads", u.LeadID)
	}
}

// bin puts a lead or a contact into the bin, as a person does in amoCRM's pages; its API can't. The thing stays as a
// deleted one, its links are gone, the feed and the webhooks are told. The caller has found it alive.
func (x Writer) bin(entity string, id int64) {
	switch entity {
	case "leads":
		l := x.A.Leads[id]
		l.Contacts, l.CompanyID = nil, 0
		x.settleUnsorted(l, OutcomeDeclined)
	case "contacts":
		x.A.Contacts[id].CompanyID = 0
		for _, l := range x.A.Leads {
			l.Contacts = withMain(slices.DeleteFunc(slices.Clone(l.Contacts), func(c world.LeadContact) bool { return c.ID == id }))
		}
		for _, u := range x.A.Unsorted {
			if u.ContactID == id {
				u.ContactID = 0
			}
		}
	}
	b := world.BaseByID(x.A, entity, id)
	b.Elements, b.Deleted, b.UpdatedAt, b.UpdatedBy = nil, true, x.Now, x.By
	x.Journal(x.By).Add(world.Singular(entity)+"_deleted", world.Singular(entity), id, nil, nil)
	x.Changed(world.Change{Entity: entity, Action: "delete", ID: id, By: x.By})
}

// BinByHand does it as the account's first administrator, and is false when there is no such thing. The caller holds
// the write lock.
func (e Editor) BinByHand(w *world.World, a *world.Account, entity string, id int64) bool {
	if world.BaseByID(a, entity, id) == nil {
		return false
	}
	e.Writer(w, a, a.FirstAdmin().ID).bin(entity, id)
	return true
}
