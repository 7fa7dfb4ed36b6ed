package v4

import (
	"fmt"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func (s unsorted) routes() []route {
	return []route{
		{"GET", "/leads/unsorted", s.list},
		{"GET", "/leads/unsorted/summary", s.summarise},
		{"GET", "/leads/unsorted/{uid}", s.get},
		{"POST", "/leads/unsorted/forms", s.create("forms")},
		{"POST", "/leads/unsorted/sip", s.create("sip")},
		{"POST", "/leads/unsorted/{uid}/accept", s.accept},
		{"DELETE", "/leads/unsorted/{uid}/decline", s.decline},
		{"POST", "/leads/unsorted/{uid}/link", s.link},
	}
}

// list answers GET /leads/unsorted with filter[uid], [category] and [pipeline_id].
func (s unsorted) list(w http.ResponseWriter, r *http.Request, c api.Caller) {
	f := filters{r.URL.Query()}
	answerList(s.State, w, r, "unsorted", func(*world.World) []*world.Unsorted {
		var all []*world.Unsorted
		for _, uid := range world.SortedKeys(c.Account.Unsorted) {
			if u := c.Account.Unsorted[uid]; f.oneOf("uid", uid) && f.oneOf("category", u.Category) && f.id("pipeline_id", u.PipelineID) {
				all = append(all, u)
			}
		}
		_, desc := ordering(r.URL.Query(), "created_at", "updated_at")
		sortBy(all, desc, func(u *world.Unsorted) (int64, int64) { return u.CreatedAt, u.LeadID })
		return all
	}, func(u *world.Unsorted) obj { return renderUnsorted(r, c.Account, u) })
}

// get answers GET /leads/unsorted/{uid}.
func (s unsorted) get(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerOne(s.State, w, "Unsorted", func() obj {
		if u := c.Account.Unsorted[r.PathValue("uid")]; u != nil {
			return renderUnsorted(r, c.Account, u)
		}
		return nil
	})
}

// summarise answers GET /leads/unsorted/summary: what waits, by category, and what became of the rest.
func (s unsorted) summarise(w http.ResponseWriter, r *http.Request, c api.Caller) {
	f := filters{r.URL.Query()}
	counts, outcomes := map[string]int{}, map[string]int{}
	var total, settled int
	var waited int64
	takes := func(u *world.Unsorted) bool {
		return f.oneOf("uid", u.UID) && f.id("pipeline_id", u.PipelineID) && f.between("created_at", u.CreatedAt)
	}
	s.State.Read(func(*world.World) {
		for _, u := range c.Account.Unsorted {
			if takes(u) {
				counts[u.Category]++
				total++
			}
		}
		for _, u := range c.Account.Settled {
			if takes(u) {
				outcomes[u.Outcome]++
				settled++
				waited += max(0, u.SettledAt-u.CreatedAt)
			}
		}
	})
	categories := obj{}
	for _, name := range edit.UnsortedCategories {
		categories[name] = obj{"total": counts[name]}
	}
	api.WriteHAL(w, http.StatusOK, obj{
		"total": total, "accepted": outcomes[edit.OutcomeAccepted], "declined": outcomes[edit.OutcomeDeclined],
		"average_sort_time": waited / max(1, int64(settled)), "categories": categories,
	})
}

// create answers POST /leads/unsorted/forms and /sip.
func (s unsorted) create(category string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		items, ok := api.ReadBatch(w, r, api.MaxWrite)
		if !ok {
			return
		}
		var bad edit.Refusal
		var out []obj
		s.State.Write(func(state *world.World) {
			var made []*world.Unsorted
			made, bad = s.Editor.Writer(state, c.Account, c.User).AddUnsorted(category, items)
			for i, u := range made {
				o := renderUnsorted(r, c.Account, u)
				rid, _ := api.RequestID(items[i], i)
				out = append(out, obj{
					"uid": u.UID, "account_id": c.Account.ID, "request_id": rid, "_links": o["_links"], "_embedded": o["_embedded"],
				})
			}
		})
		answerItems(w, bad, out, false, func() {
			api.WriteHAL(w, http.StatusOK, obj{"_total_items": len(out), "_embedded": obj{"unsorted": out}})
		})
	}
}

// renderUnsorted is an incoming lead as GET answers it (EX unsorted-form-by-uid.json).
func renderUnsorted(r *http.Request, a *world.Account, u *world.Unsorted) obj {
	v := view{r: r, a: a}
	company := int64(0)
	if l := a.Leads[u.LeadID]; l != nil {
		company = l.CompanyID
	}
	return obj{
		"uid": u.UID, "source_uid": nullable(u.SourceUID), "source_name": nullable(u.SourceName), "category": u.Category,
		"pipeline_id": u.PipelineID, "created_at": u.CreatedAt, "metadata": u.Metadata, "account_id": a.ID,
		"_links": api.SelfLink(api.URL(r, fmt.Sprintf("/leads/unsorted/%s", u.UID))),
		"_embedded": obj{
			"contacts": v.refs("contacts", idList(u.ContactID)), "leads": v.refs("leads", idList(u.LeadID)),
			"companies": v.refs("companies", idList(company)),
		},
	}
}

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
	if lead = at.Existing(link, "entity_id", "leads"); lead == u.LeadID && lead != 0 {
		at.Choice("entity_id")
	}
	contact = u.ContactID
	if meta := at.Object(link, "metadata"); meta["contact_id"] != nil {
		contact = at.Under("metadata").Existing(meta, "contact_id", "contacts")
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
