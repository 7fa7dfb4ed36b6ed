package amocrm

import (
	"slices"
	"time"
)

// writer carries out the drafts of one request. The caller holds the write lock and has found no error in them.
type writer struct {
	w    *World
	a    *Account
	by   int64 // the caller's user
	now  int64 // unix s
	ms   int64 // unix ms
	tell func(*World, *Account, change)
}

// editor makes writers.
type editor struct {
	clock func() time.Time
	tell  func(*World, *Account, change) // hears of every change, under the write lock
}

// writer makes the writer of a user's request. The caller holds the write lock.
func (e editor) writer(w *World, a *Account, by int64) writer {
	t := e.clock()
	return writer{w, a, by, t.Unix(), t.UnixMilli(), e.tell}
}

// changed tells of a change.
func (x writer) changed(c change) { x.tell(x.w, x.a, c) }

func (x writer) journal(by int64) journal { return x.w.journal(x.a, x.now, by) }

// create makes the entity and returns its id.
func (x writer) create(entity string, d *draft) int64 {
	id := x.w.takeID()
	by := or(d.createdBy, x.by)
	b := Base{
		ID: id, Name: or(d.name, ""), Responsible: or(d.responsible, x.responsible()),
		CreatedBy: by, UpdatedBy: or(d.updatedBy, by), CreatedAt: or(d.createdAt, x.now),
		UpdatedAt: or(d.updatedAt, x.now),
	}
	for _, f := range d.fields {
		setField(&b, f)
	}
	j := x.journal(by)
	j.added(entity, id)
	switch entity {
	case "leads":
		x.a.Leads[id] = x.newLead(b, d)
	case "contacts":
		b.Name = or(d.fullName(nil), "")
		x.a.Contacts[id] = &Contact{
			Base: b, FirstName: or(d.first, ""), LastName: or(d.last, ""), CompanyID: d.company, MadeAt: x.ms,
		}
	case "companies":
		x.a.Companies[id] = &Company{Base: b}
	}
	x.setTags(entity, baseByID(x.a, entity, id), d.tags, j)
	if l := x.a.Leads[id]; entity == "leads" {
		for _, c := range l.Contacts {
			j.linked("entity_linked", "leads", id, "contacts", c.ID)
		}
		if l.CompanyID != 0 {
			j.linked("entity_linked", "leads", id, "companies", l.CompanyID)
		}
	}
	x.changed(change{Entity: entity, Action: "add", ID: id, By: by})
	return id
}

// responsible is who gets an entity that was sent without one: the caller, unless his seat is not an active one.
func (x writer) responsible() int64 {
	if u := userOf(x.a, x.by); u != nil && u.Active && !u.Free {
		return x.by
	}
	for _, u := range x.a.Users {
		if u.Active && !u.Free {
			return u.ID
		}
	}
	return x.by
}

func (x writer) newLead(b Base, d *draft) *Lead {
	p := mainPipeline(x.a)
	if d.pipeline != nil {
		p = pipelineOf(x.a, *d.pipeline)
	}
	l := &Lead{
		Base: b, Price: or(d.price, 0), Cents: or(d.cents, 0), PipelineID: p.ID, StatusID: or(d.status, firstStatus(p).ID),
		LossReasonID: or(d.loss, 0), ClosedAt: or(d.closedAt, 0), Contacts: d.contacts, CompanyID: d.company,
	}
	if d.unsorted {
		l.StatusID = p.Statuses[0].ID
	}
	if l.Name == "" {
		l.Name = defaultLeadName(x.a, l.ID)
	}
	if closed(l.StatusID) && l.ClosedAt == 0 {
		l.ClosedAt = x.now
	}
	return l
}

// update changes the entity and tells the feed and the webhooks what was changed.
func (x writer) update(entity string, d *draft) {
	b := baseByID(x.a, entity, d.id)
	by := or(d.updatedBy, x.by)
	j := x.journal(by)
	edited := false
	name := d.name
	if c := x.a.Contacts[d.id]; entity == "contacts" {
		name = d.fullName(c)
		edited = set(&c.FirstName, d.first) || edited
		edited = set(&c.LastName, d.last) || edited
	}
	if name != nil && *name != b.Name {
		value := func(s string) []obj { return one("name_field_value", obj{"name": s}) }
		j.add("name_field_changed", singular(entity), b.ID, value(*name), value(b.Name))
		b.Name, edited = *name, true
	}
	for _, f := range d.fields {
		if before, changed := setField(b, f); changed {
			j.fieldChanged(entity, b.ID, f.field, f.values, before)
			edited = true
		}
	}
	edited = x.setTags(entity, b, d.tags, j) || edited
	b.UpdatedAt, b.UpdatedBy = or(d.updatedAt, x.now), by
	set(&b.CreatedAt, d.createdAt)
	set(&b.CreatedBy, d.createdBy)
	if entity == "leads" {
		edited = x.updateLead(x.a.Leads[d.id], d, j) || edited
	}
	if old := b.Responsible; set(&b.Responsible, d.responsible) {
		user := func(id int64) []obj { return one("responsible_user", obj{"id": id}) }
		j.add("entity_responsible_changed", singular(entity), b.ID, user(b.Responsible), user(old))
		x.changed(change{Entity: entity, Action: "responsible", ID: b.ID, OldResponsible: old, By: by})
	}
	if edited {
		x.changed(change{Entity: entity, Action: "update", ID: b.ID, By: by})
	}
}

// updateLead changes price, stage and what hangs on it; it reports whether anything but the stage was changed.
func (x writer) updateLead(l *Lead, d *draft, j journal) (edited bool) {
	if old := l.sale(); d.price != nil {
		l.Price, l.Cents = *d.price, *d.cents
		if edited = l.sale() != old; edited {
			sale := func(n float64) []obj { return one("sale_field_value", obj{"sale": n}) }
			j.add("sale_field_changed", "lead", l.ID, sale(l.sale()), sale(old))
		}
	}
	oldPipeline, oldStatus := l.PipelineID, l.StatusID
	l.PipelineID, l.StatusID = d.target(x.a, l)
	if l.StatusID != statusLost || d.clearLoss {
		l.LossReasonID = 0
	} else {
		edited = set(&l.LossReasonID, d.loss) || edited
	}
	moved := oldPipeline != l.PipelineID || oldStatus != l.StatusID
	switch {
	case !closed(l.StatusID):
		l.ClosedAt = 0
	case d.closedAt != nil:
		l.ClosedAt = *d.closedAt
	case moved:
		l.ClosedAt = x.now
	}
	if moved {
		stage := func(p, st int64) []obj { return one("lead_status", obj{"id": st, "pipeline_id": p}) }
		j.add("lead_status_changed", "lead", l.ID, stage(l.PipelineID, l.StatusID), stage(oldPipeline, oldStatus))
		x.settleUnsorted(l, outcomeAccepted)
		x.changed(change{
			Entity: "leads", Action: "status", ID: l.ID, OldStatus: oldStatus, OldPipeline: oldPipeline, By: j.by,
		})
	}
	return edited
}

// target is where the lead stands after the draft. Another pipeline without a status leads to its first stage, or
// keeps a closed lead closed.
func (d *draft) target(a *Account, l *Lead) (pipeline, status int64) {
	pipeline, status = or(d.pipeline, l.PipelineID), or(d.status, l.StatusID)
	if _, st := statusOf(a, pipeline, status); st == nil {
		status = firstStatus(pipelineOf(a, pipeline)).ID
	}
	return pipeline, status
}

// setTags carries out a tagWrite and reports whether the tags are others now.
func (x writer) setTags(entity string, b *Base, t tagWrite, j journal) bool {
	ids := func(refs []tagRef) []int64 {
		var out []int64
		for _, ref := range refs {
			id := ref.id
			if id == 0 {
				id = tagNamed(x.w, x.a, entity, ref.name, ref.color).ID
			}
			out = append(out, id)
		}
		return out
	}
	dropped := func(id int64) bool {
		name := tagByID(x.a, entity, id).Name
		return slices.ContainsFunc(t.remove, func(ref tagRef) bool { return ref.id == id || ref.name == name })
	}
	next := slices.Clone(b.Tags)
	if t.replaced {
		next = nil
	}
	for _, id := range append(ids(t.set), ids(t.add)...) {
		if !slices.Contains(next, id) {
			next = append(next, id)
		}
	}
	next = slices.DeleteFunc(next, dropped)
	var added, removed []obj
	for _, id := range next {
		if !slices.Contains(b.Tags, id) {
			added = append(added, obj{"tag": obj{"name": tagByID(x.a, entity, id).Name}})
		}
	}
	for _, id := range b.Tags {
		if !slices.Contains(next, id) {
			removed = append(removed, obj{"tag": obj{"name": tagByID(x.a, entity, id).Name}})
		}
	}
	if added != nil {
		j.add("entity_tag_added", singular(entity), b.ID, added, nil)
	}
	if removed != nil {
		j.add("entity_tag_deleted", singular(entity), b.ID, removed, nil)
	}
	b.Tags = next
	return added != nil || removed != nil
}

// set stores a said value and reports whether it is another one.
func set[T comparable](to *T, said *T) bool {
	if said == nil || *to == *said {
		return false
	}
	*to = *said
	return true
}
