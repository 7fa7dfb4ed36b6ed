package amocrm

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

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

// readOptional reads the object that a body may hold; no body is none.
func readOptional(w http.ResponseWriter, r *http.Request) (obj, bool) {
	if r.ContentLength == 0 {
		return nil, true
	}
	v, ok := readBody(w, r)
	m, _ := v.(obj)
	return m, ok
}

// acceptUnsorted answers POST /leads/unsorted/{uid}/accept: the lead moves to a normal stage.
func (s unsorted) acceptUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	s.endUnsorted(w, r, c, func(x writer, v check, u *Unsorted, m obj) obj {
		first := firstStatus(pipelineOf(c.account, u.PipelineID)).ID
		d := &draft{id: u.LeadID, pipeline: &u.PipelineID, responsible: v.user(m, "user_id"), status: v.integer(m, "status_id")}
		if d.status == nil {
			d.status = &first
		}
		if v.stage(d, c.account.Leads[u.LeadID]); v.failed() {
			return nil
		}
		o := settledUnsorted(r, c.account, u, true)
		x.settle(u, outcomeAccepted)
		x.update("leads", d)
		return o
	})
}

// declineUnsorted answers DELETE /leads/unsorted/{uid}/decline: the lead goes to the bin.
func (s unsorted) declineUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	s.endUnsorted(w, r, c, func(x writer, v check, u *Unsorted, m obj) obj {
		x.by = or(v.user(m, "user_id"), x.by)
		if v.failed() {
			return nil
		}
		o := settledUnsorted(r, c.account, u, false)
		x.drop(u, outcomeDeclined)
		return o
	})
}

// drop settles an incoming lead and puts it into the bin.
func (x writer) drop(u *Unsorted, outcome string) {
	x.settle(u, outcome)
	if baseByID(x.a, "leads", u.LeadID) != nil {
		x.bin("leads", u.LeadID)
	}
}

// linkUnsorted answers POST /leads/unsorted/{uid}/link: the contact joins a lead that is there, and the incoming one goes
// to the bin. The documentation says chats only, the official library takes mail, too.
func (s unsorted) linkUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	s.endUnsorted(w, r, c, func(x writer, v check, u *Unsorted, m obj) obj {
		if u.Category != "chats" && u.Category != "mail" {
			v.fail(codeChoice, "category", "Only unsorted leads of the categories chats and mail can be linked.")
			return nil
		}
		x.by = or(v.user(m, "user_id"), x.by)
		lead, contact := v.unsortedTarget(m, u)
		if v.failed() {
			return nil
		}
		x.drop(u, outcomeAccepted)
		if contact != 0 {
			x.join(linkOrder{from: end{kind: "leads", id: lead}, to: end{kind: "contacts", id: contact}})
		}
		return obj{"uid": u.UID, "_embedded": obj{"leads": view{r: r, a: c.account}.refs("leads", idList(lead))}}
	})
}

// unsortedTarget reads the lead that an incoming one is linked to, and the contact that stands for the incoming one's.
func (v check) unsortedTarget(m obj, u *Unsorted) (lead, contact int64) {
	link := v.object(m, "link")
	if link == nil {
		v.missing("link")
		return 0, 0
	}
	at := v.under("link")
	if kind := at.required(link, "entity_type"); kind != nil && *kind != "leads" {
		at.choice("entity_type") // customers, which amoCRM takes, are not kept here
	}
	if lead = at.existingAt(link, "entity_id", "leads"); lead == u.LeadID && lead != 0 {
		at.choice("entity_id")
	}
	contact = u.ContactID
	if meta := at.object(link, "metadata"); meta["contact_id"] != nil {
		contact = at.under("metadata").existingAt(meta, "contact_id", "contacts")
	}
	return lead, contact
}

// endUnsorted ends an incoming lead's wait: end carries it out and tells the answer, or notes what is wrong.
func (s unsorted) endUnsorted(w http.ResponseWriter, r *http.Request, c caller, end func(x writer, v check, u *Unsorted, m obj) obj) {
	m, ok := readOptional(w, r)
	if !ok {
		return
	}
	var bad refusal
	var o obj
	s.state.Write(func(world *World) {
		if u := c.account.Unsorted[r.PathValue("uid")]; u != nil {
			v := newCheck(c.account)
			o = end(s.editor.writer(world, c.account, c.user), v, u, m)
			bad.add("0", *v.errs)
		}
	})
	answerChanged(w, bad, o, "Unsorted")
}

// settledUnsorted is what the answer tells of an incoming lead whose wait ends.
func settledUnsorted(r *http.Request, a *Account, u *Unsorted, withCompanies bool) obj {
	e := renderUnsorted(r, a, u)["_embedded"].(obj)
	if !withCompanies {
		delete(e, "companies")
	}
	return obj{"uid": u.UID, "pipeline_id": u.PipelineID, "category": u.Category, "created_at": u.CreatedAt, "_embedded": e}
}
