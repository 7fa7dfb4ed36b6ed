package v4

import (
	"cmp"
	"maps"
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

var unsortedRoutes = []route{
	{"GET", "/leads/unsorted", nil, list("unsorted", selectUnsorted, renderUnsorted)},
	{"GET", "/leads/unsorted/summary", nil, summarise},
	{"GET", "/leads/unsorted/{uid}", nil, one("Unsorted", unsortedAt, renderUnsorted)},
	{"POST", "/leads/unsorted/forms", batch, createUnsorted("forms")},
	{"POST", "/leads/unsorted/sip", batch, createUnsorted("sip")},
	{"POST", "/leads/unsorted/{uid}/accept", optional, settled(accept)},
	{"DELETE", "/leads/unsorted/{uid}/decline", optional, settled(decline)},
	{"POST", "/leads/unsorted/{uid}/link", optional, settled(linkUnsorted)},
}

// unsortedAt is the incoming lead that the path names.
func unsortedAt(q *call) *world.Unsorted { return q.A.Unsorted[q.r.PathValue("uid")] }

// selectUnsorted applies filter[uid], [category] and [pipeline_id], and the order.
func selectUnsorted(q *call) []*world.Unsorted {
	all := kept(slices.Collect(maps.Values(q.A.Unsorted)), func(u *world.Unsorted) bool {
		return q.f.oneOf("uid", u.UID) && q.f.oneOf("category", u.Category) && q.f.id("pipeline_id", u.PipelineID)
	})
	created := func(u *world.Unsorted) int64 { return u.CreatedAt }
	return order(q.f, all, created, func(u *world.Unsorted) int64 { return u.LeadID },
		by[*world.Unsorted]{"created_at", created}, by[*world.Unsorted]{"updated_at", created})
}

// summarise answers GET /leads/unsorted/summary: what waits, by category, and what became of the rest.
func summarise(q *call) answer {
	takes := func(u *world.Unsorted) bool {
		return q.f.oneOf("uid", u.UID) && q.f.id("pipeline_id", u.PipelineID) && q.f.between("created_at", u.CreatedAt)
	}
	waiting, settled := kept(slices.Collect(maps.Values(q.A.Unsorted)), takes), kept(q.A.Settled, takes)
	counts := map[string]int{} // of categories and outcomes
	var waited int64
	for _, u := range waiting {
		counts[u.Category]++
	}
	for _, u := range settled {
		counts[u.Outcome]++
		waited += max(0, u.SettledAt-u.CreatedAt)
	}
	categories := obj{}
	for _, name := range edit.UnsortedCategories {
		categories[name] = obj{"total": counts[name]}
	}
	return ok(obj{
		"total": len(waiting), "accepted": counts[edit.OutcomeAccepted], "declined": counts[edit.OutcomeDeclined],
		"average_sort_time": waited / max(1, int64(len(settled))), "categories": categories,
	})
}

// createUnsorted answers POST /leads/unsorted/forms and /sip.
func createUnsorted(category string) handler {
	return func(q *call) answer {
		var made []*world.Unsorted
		made, q.bad = q.AddUnsorted(category, q.items)
		for i, u := range made {
			o := renderUnsorted(q, u)
			q.tell(i, always, obj{"uid": u.UID, "account_id": q.A.ID, "_links": o["_links"], "_embedded": o["_embedded"]})
		}
		return ok(totalled("unsorted", q.out))
	}
}

// renderUnsorted is an incoming lead as GET answers it (EX unsorted-form-by-uid.json).
func renderUnsorted(q *call, u *world.Unsorted) obj {
	company := int64(0)
	if l := q.A.Leads[u.LeadID]; l != nil {
		company = l.CompanyID
	}
	return obj{
		"uid": u.UID, "source_uid": kit.OrNull(u.SourceUID), "source_name": kit.OrNull(u.SourceName), "category": u.Category,
		"pipeline_id": u.PipelineID, "created_at": u.CreatedAt, "metadata": u.Metadata, "account_id": q.A.ID,
		"_links": q.self("leads/unsorted", u.UID),
		"_embedded": obj{
			"contacts": q.refs("contacts", u.ContactID), "leads": q.refs("leads", u.LeadID), "companies": q.refs("companies", company),
		},
	}
}

// settled answers what ends an incoming lead's wait: end carries it out and tells the answer, or notes what is wrong.
func settled(end func(q *call, v edit.Check, u *world.Unsorted, m obj) obj) handler {
	return found("Unsorted", unsortedAt, func(q *call, u *world.Unsorted) answer {
		v := edit.NewCheck(q.A)
		o := end(q, v, u, q.items[0])
		q.bad.Add("0", *v.Errs)
		return ok(o)
	})
}

// accept moves the lead to a normal stage.
func accept(q *call, v edit.Check, u *world.Unsorted, m obj) obj {
	first := world.FirstStatus(world.PipelineOf(q.A, u.PipelineID)).ID
	d := &edit.Draft{
		ID: u.LeadID, Pipeline: &u.PipelineID, Responsible: v.User(m, "user_id"), Status: cmp.Or(v.Integer(m, "status_id"), &first),
	}
	if edit.ReadStage(v, d, q.A.Leads[u.LeadID]); v.Failed() {
		return nil
	}
	o := settledUnsorted(q, u)
	q.Settle(u, edit.OutcomeAccepted)
	q.Update("leads", d)
	return o
}

// decline puts the lead into the bin.
func decline(q *call, v edit.Check, u *world.Unsorted, m obj) obj {
	q.By = edit.Or(v.User(m, "user_id"), q.By)
	if v.Failed() {
		return nil
	}
	o := settledUnsorted(q, u)
	delete(o["_embedded"].(obj), "companies")
	q.Drop(u, edit.OutcomeDeclined)
	return o
}

// linkUnsorted has the contact join a lead that is there, and puts the incoming one into the bin. The documentation says chats
// only, the official library takes mail, too.
func linkUnsorted(q *call, v edit.Check, u *world.Unsorted, m obj) obj {
	if u.Category != "chats" && u.Category != "mail" {
		v.Fail(edit.CodeChoice, "category", "Only unsorted leads of the categories chats and mail can be linked.")
		return nil
	}
	q.By = edit.Or(v.User(m, "user_id"), q.By)
	lead, contact := readUnsortedTarget(v, m, u)
	if v.Failed() {
		return nil
	}
	q.Drop(u, edit.OutcomeAccepted)
	if contact != 0 {
		q.Join(edit.LinkOrder{From: edit.End{Kind: "leads", ID: lead}, To: edit.End{Kind: "contacts", ID: contact}})
	}
	return obj{"uid": u.UID, "_embedded": obj{"leads": q.refs("leads", lead)}}
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

// settledUnsorted is what the answer tells of an incoming lead whose wait ends.
func settledUnsorted(q *call, u *world.Unsorted) obj {
	e := renderUnsorted(q, u)["_embedded"]
	return obj{"uid": u.UID, "pipeline_id": u.PipelineID, "category": u.Category, "created_at": u.CreatedAt, "_embedded": e}
}
