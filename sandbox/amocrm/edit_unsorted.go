package amocrm

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
)

func newUID() string {
	var b [30]byte
	rand.Read(b[:]) // crypto/rand ends the program rather than fail
	return hex.EncodeToString(b[:])
}

// addUnsorted makes incoming leads, all or none.
func (x writer) addUnsorted(category string, items []obj) (made []*Unsorted, bad refusal) {
	var drafts []*draft
	for i, m := range items {
		drafts = append(drafts, bad.unsortedDraft(x.a, m, i))
	}
	if bad.any() {
		return nil, bad
	}
	for i, d := range drafts {
		x.createNested(d)
		made = append(made, x.recordUnsorted(x.create("leads", d), category, d, items[i]))
	}
	return made, bad
}

// unsortedDraft checks an incoming lead; names in it may be numbers (EX unsorted-forms-create-request.json).
func (f *refusal) unsortedDraft(a *Account, m obj, index int) *draft {
	v := newCheck(a)
	for _, key := range []string{"source_uid", "source_name"} {
		v.required(m, key)
	}
	if v.object(m, "metadata") == nil && !v.failed() {
		v.missing("metadata")
	}
	d := &draft{}
	v.embedded(m, "leads", func(at check, el obj, i int) {
		if i == 0 {
			d = readLead(at, withTextNames(el), nil)
		}
	})
	if lead := v.under("_embedded").object(v.object(m, "_embedded"), "lead"); lead != nil { // the official library's name of it
		d = readLead(v.under("_embedded.lead"), withTextNames(lead), nil)
	}
	d.unsorted, d.status = true, nil
	d.requestID, d.sentID = requestID(m, index)
	d.createdAt = v.integer(m, "created_at")
	if d.pipeline = v.integer(m, "pipeline_id"); d.pipeline != nil && pipelineOf(a, *d.pipeline) == nil {
		v.choice("pipeline_id")
	}
	v.embedded(m, "contacts", func(at check, el obj, i int) {
		switch {
		case i > 0:
		case el["id"] != nil: // clients send one that is there, too
			if id := at.existing(el, "contacts"); id != 0 {
				d.contacts = []LeadContact{{ID: id, IsMain: true}}
			}
		default:
			d.newContact = readDraft(at, "contacts", withTextNames(el))
		}
	})
	v.embedded(m, "companies", func(at check, el obj, i int) {
		switch {
		case i > 0:
		case el["id"] != nil:
			d.company = at.existing(el, "companies")
		default:
			d.newCompany = readDraft(at, "companies", withTextNames(el))
		}
	})
	f.add(d.requestID, *v.errs)
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

// What becomes of an incoming lead.
const (
	outcomeAccepted = "accepted"
	outcomeDeclined = "declined"
)

// maxSettled bounds what is remembered of settled ones in an account; the oldest go first.
const maxSettled = 10_000

// unsortedCategories are the kinds of incoming leads.
var unsortedCategories = []string{"sip", "mail", "forms", "chats"}

// unsortedMetadata are the keys that reads of each category always have.
var unsortedMetadata = map[string][]string{
	"sip":   {"from", "phone", "called_at", "duration", "link", "service_code", "uniq"},
	"forms": {"form_id", "form_name", "form_page", "ip", "form_sent_at", "referer", "visitor_uid"},
	"mail":  {"from", "received_at", "subject", "thread_id", "message_id", "content_summary"},
	"chats": {"from", "to", "received_at", "service", "client", "origin", "last_message_text", "source_name"},
}

// recordUnsorted keeps what the incoming lead came with.
func (x writer) recordUnsorted(lead int64, category string, d *draft, m obj) *Unsorted {
	l := x.a.Leads[lead]
	u := &Unsorted{UID: newUID(), Category: category, PipelineID: l.PipelineID, CreatedAt: l.CreatedAt, LeadID: lead}
	if len(d.contacts) > 0 {
		u.ContactID = d.contacts[0].ID
	}
	e, _ := m["_embedded"].(obj)
	sent, ok := m["metadata"].(obj)
	if !ok {
		sent, _ = e["metadata"].(obj) // of a complex request
	}
	u.SourceUID, _ = m["source_uid"].(string)
	u.SourceName, _ = m["source_name"].(string)
	meta := obj{}
	for _, key := range unsortedMetadata[category] {
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
	x.a.Unsorted[u.UID] = u
	return u
}

// callOf puts the call that an incoming lead came with on its card.
func (x writer) callOf(u *Unsorted, meta obj) {
	params := obj{"source": meta["service_code"]}
	for _, key := range []string{"uniq", "duration", "link", "phone"} {
		params[key] = plainNumbers(meta[key])
	}
	x.addNote(&Note{Entity: "leads", EntityID: u.LeadID, Type: "call_in", Params: params, CreatedBy: -1, Responsible: -1})
}

// settleUnsorted ends the wait of a lead that has left Unsorted.
func (x writer) settleUnsorted(l *Lead, outcome string) {
	for _, u := range x.a.Unsorted {
		if u.LeadID == l.ID {
			x.settle(u, outcome)
		}
	}
}

func (x writer) settle(u *Unsorted, outcome string) {
	delete(x.a.Unsorted, u.UID)
	u.Outcome, u.SettledAt = outcome, x.now
	x.a.Settled = append(x.a.Settled, u)
	if over := len(x.a.Settled) - maxSettled; over > 0 {
		x.a.Settled = slices.Clone(x.a.Settled[over:])
	}
}

// drop settles an incoming lead and puts it into the bin.
func (x writer) drop(u *Unsorted, outcome string) {
	x.settle(u, outcome)
	if baseByID(x.a, "leads", u.LeadID) != nil {
		x.bin("leads", u.LeadID)
	}
}
