package v4

import (
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// renderCard is a lead, contact or company as GET answers it (EX lead- and contact-by-id-with-all.json, company-by-id.json).
func renderCard(q *call, b *world.Base) obj {
	o := obj{
		"id": b.ID, "name": b.Name, "responsible_user_id": b.Responsible, "group_id": 0,
		"created_by": b.CreatedBy, "updated_by": b.UpdatedBy, "created_at": b.CreatedAt, "updated_at": b.UpdatedAt,
		"closest_task_at": nil, "is_deleted": b.Deleted, "custom_fields_values": renderValues(q, b), "account_id": q.A.ID,
		"_links": q.self(q.kind, b.ID),
	}
	if at, ok := q.closestTasks()[b.ID]; ok {
		o["closest_task_at"] = at
	}
	e := obj{"tags": renderTags(q, b)}
	switch q.kind {
	case "contacts":
		c := q.A.Contacts[b.ID]
		o["first_name"], o["last_name"], o["is_unsorted"] = c.FirstName, c.LastName, false
		e["companies"] = q.refs("companies", c.CompanyID)
		if q.with["leads"] {
			if q.leads == nil {
				q.leads = world.LeadsByContact(q.A)
			}
			e["leads"] = q.refs("leads", q.leads[c.ID]...)
		}
	case "companies":
		if q.with["leads"] || q.with["contacts"] {
			contacts, leads := world.CompanyMembers(q.A, b.ID)
			q.add(e, obj{"leads": q.refs("leads", leads...), "contacts": q.refs("contacts", contacts...)})
		}
	default:
		addLead(q, q.A.Leads[b.ID], o, e)
	}
	q.add(e, obj{world.ElementsKind: elementRefs(b)})
	if q.kind != "leads" {
		q.add(e, obj{"customers": []obj{}}) // which this server does not keep
	}
	o["_embedded"] = e
	if b.Deleted {
		emptyDeleted(o)
	}
	return o
}

// addLead adds what only leads have.
func addLead(q *call, l *world.Lead, o, e obj) {
	o["price"], o["status_id"], o["pipeline_id"] = l.Price, l.StatusID, l.PipelineID
	if q.A.Cents {
		o["price_with_minor_units"] = l.Sale()
	}
	o["loss_reason_id"], o["closed_at"] = kit.OrNull(l.LossReasonID), kit.OrNull(l.ClosedAt)
	o["source_id"], o["score"], o["labor_cost"] = nil, nil, nil
	q.add(o, obj{"is_price_modified_by_robot": false})
	e["companies"] = q.refs("companies", l.CompanyID)
	if q.with["contacts"] {
		e["contacts"] = rendered(q, l.Contacts, func(q *call, c world.LeadContact) obj {
			return obj{"id": c.ID, "is_main": c.IsMain, "_links": q.self("contacts", c.ID)}
		})
	}
	if q.with["loss_reason"] {
		e["loss_reason"] = []obj{}
		if reason := world.LossReasonOf(q.A, l.LossReasonID); reason != nil {
			e["loss_reason"] = []obj{renderLossReason(q, reason)}
		}
	}
	q.add(e, obj{"source": obj{"id": q.A.ID*10 + 1, "name": "API"}})
}

// emptyDeleted leaves of a lead in the bin what the list with=only_deleted tells.
func emptyDeleted(o obj) {
	for key := range o {
		switch key {
		case "id", "updated_at", "updated_by", "is_deleted", "account_id", "_links", "_embedded":
		default:
			o[key] = nil
		}
	}
	o["_embedded"] = obj{"tags": []obj{}, "companies": []obj{}}
}

// closestTasks is the due time of the first open task of each entity of the kind.
func (q *call) closestTasks() map[int64]int64 {
	if q.closest == nil {
		q.closest = world.ClosestTasks(q.A, q.kind)
	}
	return q.closest
}

// renderValues is custom_fields_values of a read: null when there are none.
func renderValues(q *call, b *world.Base) any {
	var out []obj
	for _, fv := range b.Fields {
		if f := world.FieldOf(q.A, q.kind, fv.FieldID); f != nil && len(fv.Values) > 0 {
			out = append(out, obj{
				"field_id": f.ID, "field_name": f.Name, "field_code": kit.OrNull(f.Code), "field_type": f.Type, "values": fv.Values,
			})
		}
	}
	if out == nil {
		return nil
	}
	return out
}

func renderTags(q *call, b *world.Base) []obj {
	out := []obj{}
	for _, id := range b.Tags {
		if t := world.TagByID(q.A, q.kind, id); t != nil {
			out = append(out, renderTag(q, t))
		}
	}
	return out
}
