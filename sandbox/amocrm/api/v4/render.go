package v4

import (
	"fmt"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Answers are built under the read lock from fresh maps. Values inside (custom values, note params) are never
// changed in place, only replaced, so they may be encoded after the lock is gone.

// view is what a request wants to see of entities, with the lookups that a whole list shares.
type view struct {
	r       *http.Request
	a       *world.Account
	with    map[string]bool
	closest map[int64]int64
	leads   map[int64][]int64 // by contact
}

// newView prepares rendering entities of one kind.
func newView(r *http.Request, a *world.Account, entity string) view {
	v := view{r: r, a: a, with: api.WithSet(r), closest: world.ClosestTasks(a, entity)}
	if entity == "contacts" && v.with["leads"] {
		v.leads = world.LeadsByContact(a)
	}
	return v
}

// entity renders one lead, contact or company.
func (v view) entity(kind string, id int64) obj {
	switch kind {
	case "leads":
		return v.renderLead(v.a.Leads[id])
	case "contacts":
		return v.renderContact(v.a.Contacts[id])
	default:
		return v.renderCompany(v.a.Companies[id])
	}
}

// renderContact is a contact as GET answers it (EX contact-by-id-with-all.json).
func (v view) renderContact(c *world.Contact) obj {
	o := v.base("contacts", &c.Base)
	o["first_name"], o["last_name"], o["is_unsorted"] = c.FirstName, c.LastName, false
	e := obj{"tags": v.tags("contacts", &c.Base), "companies": v.refs("companies", idList(c.CompanyID))}
	if v.with["leads"] {
		e["leads"] = v.refs("leads", v.leads[c.ID])
	}
	v.others(e, &c.Base)
	o["_embedded"] = e
	return o
}

// renderCompany is a company as GET answers it (EX company-by-id.json).
func (v view) renderCompany(c *world.Company) obj {
	o := v.base("companies", &c.Base)
	e := obj{"tags": v.tags("companies", &c.Base)}
	if v.with["leads"] || v.with["contacts"] {
		contacts, leads := world.CompanyMembers(v.a, c.ID)
		if v.with["leads"] {
			e["leads"] = v.refs("leads", leads)
		}
		if v.with["contacts"] {
			e["contacts"] = v.refs("contacts", contacts)
		}
	}
	v.others(e, &c.Base)
	o["_embedded"] = e
	return o
}

// renderLead is a lead as GET answers it (EX lead-by-id-with-all.json).
func (v view) renderLead(l *world.Lead) obj {
	o := v.base("leads", &l.Base)
	o["price"], o["status_id"], o["pipeline_id"] = l.Price, l.StatusID, l.PipelineID
	if v.a.Cents {
		o["price_with_minor_units"] = l.Sale()
	}
	o["loss_reason_id"], o["closed_at"] = orNull(l.LossReasonID), orNull(l.ClosedAt)
	o["source_id"], o["score"], o["labor_cost"] = nil, nil, nil
	if v.with["is_price_modified_by_robot"] {
		o["is_price_modified_by_robot"] = false
	}
	e := obj{"tags": v.tags("leads", &l.Base), "companies": v.refs("companies", idList(l.CompanyID))}
	if v.with["contacts"] {
		contacts := []obj{}
		for _, c := range l.Contacts {
			contacts = append(contacts, obj{
				"id": c.ID, "is_main": c.IsMain, "_links": api.SelfLink(v.url("contacts", c.ID)),
			})
		}
		e["contacts"] = contacts
	}
	if v.with["loss_reason"] {
		e["loss_reason"] = []obj{}
		if lr := world.LossReasonOf(v.a, l.LossReasonID); lr != nil {
			e["loss_reason"] = []obj{renderLossReason(v.r, lr)}
		}
	}
	if v.with["source"] {
		e["source"] = obj{"id": v.a.ID*10 + 1, "name": "API"}
	}
	if v.with[world.ElementsKind] {
		e[world.ElementsKind] = elementRefs(&l.Base)
	}
	o["_embedded"] = e
	return o
}

// renderDeleted is a lead in the bin: the list with=only_deleted tells little of it.
func (v view) renderDeleted(l *world.Lead) obj {
	o := v.renderLead(l)
	for key := range o {
		switch key {
		case "id", "updated_at", "updated_by", "is_deleted", "account_id", "_links", "_embedded":
		default:
			o[key] = nil
		}
	}
	o["_embedded"] = obj{"tags": []obj{}, "companies": []obj{}}
	return o
}

// base renders what leads, contacts and companies share.
func (v view) base(entity string, b *world.Base) obj {
	o := obj{
		"id": b.ID, "name": b.Name, "responsible_user_id": b.Responsible, "group_id": 0,
		"created_by": b.CreatedBy, "updated_by": b.UpdatedBy, "created_at": b.CreatedAt, "updated_at": b.UpdatedAt,
		"closest_task_at": nil, "is_deleted": b.Deleted, "custom_fields_values": renderValues(v.a, entity, b), "account_id": v.a.ID,
		"_links": api.SelfLink(v.url(entity, b.ID)),
	}
	if at, ok := v.closest[b.ID]; ok {
		o["closest_task_at"] = at
	}
	return o
}

// renderValues is custom_fields_values of a read: null when there are none.
func renderValues(a *world.Account, entity string, b *world.Base) any {
	var out []obj
	for _, fv := range b.Fields {
		f := world.FieldOf(a, entity, fv.FieldID)
		if f == nil || len(fv.Values) == 0 {
			continue
		}
		out = append(out, obj{
			"field_id": f.ID, "field_name": f.Name, "field_code": nullable(f.Code), "field_type": f.Type,
			"values": fv.Values,
		})
	}
	if out == nil {
		return nil
	}
	return out
}

func (v view) tags(entity string, b *world.Base) []obj {
	out := []obj{}
	for _, id := range b.Tags {
		if t := world.TagByID(v.a, entity, id); t != nil {
			out = append(out, obj{"id": t.ID, "name": t.Name, "color": nullable(t.Color)})
		}
	}
	return out
}

// refs are embedded entities by id only.
func (v view) refs(entity string, ids []int64) []obj {
	out := []obj{}
	for _, id := range ids {
		out = append(out, obj{"id": id, "_links": api.SelfLink(v.url(entity, id))})
	}
	return out
}

// others adds asked-for catalog elements, and customers, which this server does not keep.
func (v view) others(e obj, b *world.Base) {
	if v.with[world.ElementsKind] {
		e[world.ElementsKind] = elementRefs(b)
	}
	if v.with["customers"] {
		e["customers"] = []obj{}
	}
}

func (v view) url(entity string, id int64) string { return entityURL(v.r, entity, id) }

func entityURL(r *http.Request, entity string, id int64) string {
	return api.URL(r, fmt.Sprintf("/%s/%d", entity, id))
}

func idList(id int64) []int64 {
	if id == 0 {
		return nil
	}
	return []int64{id}
}

func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
