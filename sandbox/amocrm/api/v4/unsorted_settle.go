package v4

import (
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// accept answers POST /leads/unsorted/{uid}/accept: the lead moves to a normal stage.
func (s unsorted) accept(w http.ResponseWriter, r *http.Request, c api.Caller) {
	s.end(w, r, c, func(x edit.Writer, v edit.Check, u *world.Unsorted, m obj) obj {
		first := world.FirstStatus(world.PipelineOf(c.Account, u.PipelineID)).ID
		d := &edit.Draft{ID: u.LeadID, Pipeline: &u.PipelineID, Responsible: v.User(m, "user_id"), Status: v.Integer(m, "status_id")}
		if d.Status == nil {
			d.Status = &first
		}
		if edit.ReadStage(v, d, c.Account.Leads[u.LeadID]); v.Failed() {
			return nil
		}
		o := settledUnsorted(r, c.Account, u, true)
		x.Settle(u, edit.OutcomeAccepted)
		x.Update("leads", d)
		return o
	})
}

// decline answers DELETE /leads/unsorted/{uid}/decline: the lead goes to the bin.
func (s unsorted) decline(w http.ResponseWriter, r *http.Request, c api.Caller) {
	s.end(w, r, c, func(x edit.Writer, v edit.Check, u *world.Unsorted, m obj) obj {
		x.By = edit.Or(v.User(m, "user_id"), x.By)
		if v.Failed() {
			return nil
		}
		o := settledUnsorted(r, c.Account, u, false)
		x.Drop(u, edit.OutcomeDeclined)
		return o
	})
}

// link answers POST /leads/unsorted/{uid}/link: the contact joins a lead that is there, and the incoming one goes
// to the bin. The documentation says chats only, the official library takes mail, too.
func (s unsorted) link(w http.ResponseWriter, r *http.Request, c api.Caller) {
	s.end(w, r, c, func(x edit.Writer, v edit.Check, u *world.Unsorted, m obj) obj {
		if u.Category != "chats" && u.Category != "mail" {
			v.Fail(edit.CodeChoice, "category", "Only unsorted leads of the categories chats and mail can be linked.")
			return nil
		}
		x.By = edit.Or(v.User(m, "user_id"), x.By)
		lead, contact := readUnsortedTarget(v, m, u)
		if v.Failed() {
			return nil
		}
		x.Drop(u, edit.OutcomeAccepted)
		if contact != 0 {
			x.Join(edit.LinkOrder{From: edit.End{Kind: "leads", ID: lead}, To: edit.End{Kind: "contacts", ID: contact}})
		}
		return obj{"uid": u.UID, "_embedded": obj{"leads": view{r: r, a: c.Account}.refs("leads", idList(lead))}}
	})
}

// readUnsortedTarget reads the lead that an incoming one is linked to, and the contact that stands for the incoming one's.
func readUnsortedTarget(v edit.Check, m obj, u *world.Unsorted) (lead, contact int64) {
	link := v.Object(m, "link")
	if link == nil {
		v.Missing("link")
		return 0, 0
	}
	at := v.Under("link")
	if kind := at.Required(link, "entity_type"); kind != nil && *kind != "leads" {
		at.Choice("entity_type") // customers, which amoCRM takes, are not kept here
	}
	if lead = at.ExistingAt(link, "entity_id", "leads"); lead == u.LeadID && lead != 0 {
		at.Choice("entity_id")
	}
	contact = u.ContactID
	if meta := at.Object(link, "metadata"); meta["contact_id"] != nil {
		contact = at.Under("metadata").ExistingAt(meta, "contact_id", "contacts")
	}
	return lead, contact
}

// end ends an incoming lead's wait: end carries it out and tells the answer, or notes what is wrong.
func (s unsorted) end(w http.ResponseWriter, r *http.Request, c api.Caller, end func(x edit.Writer, v edit.Check, u *world.Unsorted, m obj) obj) {
	m, ok := api.ReadOptional(w, r)
	if !ok {
		return
	}
	var bad edit.Refusal
	var o obj
	s.State.Write(func(state *world.World) {
		if u := c.Account.Unsorted[r.PathValue("uid")]; u != nil {
			v := edit.NewCheck(c.Account)
			o = end(s.Editor.Writer(state, c.Account, c.User), v, u, m)
			bad.Add("0", *v.Errs)
		}
	})
	answerChanged(w, bad, o, "Unsorted")
}

// settledUnsorted is what the answer tells of an incoming lead whose wait ends.
func settledUnsorted(r *http.Request, a *world.Account, u *world.Unsorted, withCompanies bool) obj {
	e := renderUnsorted(r, a, u)["_embedded"].(obj)
	if !withCompanies {
		delete(e, "companies")
	}
	return obj{"uid": u.UID, "pipeline_id": u.PipelineID, "category": u.Category, "created_at": u.CreatedAt, "_embedded": e}
}
