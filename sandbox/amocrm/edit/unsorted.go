package edit

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
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

// AddUnsorted makes incoming leads, all or none.
func (x Writer) AddUnsorted(category string, items []obj) (made []*world.Unsorted, bad Refusal) {
	var drafts []*Draft
	for i, m := range items {
		drafts = append(drafts, bad.unsortedDraft(x.A, m, i))
	}
	if bad.Any() {
		return nil, bad
	}
	for i, d := range drafts {
		x.CreateNested(d)
		made = append(made, x.RecordUnsorted(x.Create("leads", d), category, d, items[i]))
	}
	return made, bad
}

// unsortedDraft checks an incoming lead; names in it may be numbers (EX unsorted-forms-create-request.json).
func (f *Refusal) unsortedDraft(a *world.Account, m obj, index int) *Draft {
	v := NewCheck(a)
	for _, key := range []string{"source_uid", "source_name"} {
		v.Required(m, key)
	}
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
	d.Unsorted, d.Status = true, nil
	d.RequestID, d.SentID = api.RequestID(m, index)
	d.CreatedAt = v.Integer(m, "created_at")
	if d.Pipeline = v.Integer(m, "pipeline_id"); d.Pipeline != nil && world.PipelineOf(a, *d.Pipeline) == nil {
		v.Choice("pipeline_id")
	}
	v.Embedded(m, "contacts", func(at Check, el obj, i int) {
		switch {
		case i > 0:
		case el["id"] != nil: // clients send one that is there, too
			if id := at.Existing(el, "id", "contacts"); id != 0 {
				d.Contacts = []world.LeadContact{{ID: id, IsMain: true}}
			}
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
	f.Add(d.RequestID, *v.Errs)
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

// RecordUnsorted keeps what the incoming lead came with.
func (x Writer) RecordUnsorted(lead int64, category string, d *Draft, m obj) *world.Unsorted {
	l := x.A.Leads[lead]
	u := &world.Unsorted{UID: newUID(), Category: category, PipelineID: l.PipelineID, CreatedAt: l.CreatedAt, LeadID: lead}
	if len(d.Contacts) > 0 {
		u.ContactID = d.Contacts[0].ID
	}
	e, _ := m["_embedded"].(obj)
	sent, ok := m["metadata"].(obj)
	if !ok {
		sent, _ = e["metadata"].(obj) // of a complex request
	}
	u.SourceUID, _ = m["source_uid"].(string)
	u.SourceName, _ = m["source_name"].(string)
	meta := obj{}
	for _, key := range UnsortedMetadata[category] {
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

func newUID() string {
	var b [30]byte
	rand.Read(b[:]) // crypto/rand ends the program rather than fail
	return hex.EncodeToString(b[:])
}
