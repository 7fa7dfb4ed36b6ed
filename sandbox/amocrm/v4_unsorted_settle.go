package amocrm

import (
	"net/http"
)

// acceptUnsorted answers POST /leads/unsorted/{uid}/accept: the lead moves to a normal stage.
func (s unsorted) acceptUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	s.endUnsorted(w, r, c, func(x writer, v check, u *Unsorted, m obj) obj {
		first := firstStatus(pipelineOf(c.account, u.PipelineID)).ID
		d := &draft{id: u.LeadID, pipeline: &u.PipelineID, responsible: v.user(m, "user_id"), status: v.integer(m, "status_id")}
		if d.status == nil {
			d.status = &first
		}
		if readStage(v, d, c.account.Leads[u.LeadID]); v.failed() {
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

// linkUnsorted answers POST /leads/unsorted/{uid}/link: the contact joins a lead that is there, and the incoming one goes
// to the bin. The documentation says chats only, the official library takes mail, too.
func (s unsorted) linkUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	s.endUnsorted(w, r, c, func(x writer, v check, u *Unsorted, m obj) obj {
		if u.Category != "chats" && u.Category != "mail" {
			v.fail(codeChoice, "category", "Only unsorted leads of the categories chats and mail can be linked.")
			return nil
		}
		x.by = or(v.user(m, "user_id"), x.by)
		lead, contact := readUnsortedTarget(v, m, u)
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

// readUnsortedTarget reads the lead that an incoming one is linked to, and the contact that stands for the incoming one's.
func readUnsortedTarget(v check, m obj, u *Unsorted) (lead, contact int64) {
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
	s.state.Write(func(state *World) {
		if u := c.account.Unsorted[r.PathValue("uid")]; u != nil {
			v := newCheck(c.account)
			o = end(s.editor.writer(state, c.account, c.user), v, u, m)
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
