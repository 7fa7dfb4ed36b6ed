// Package edit changes the World as amoCRM does: it reads what a request wants written, notes what is wrong with it in
// amoCRM's words, and carries out what is right, with its lines in the audit feed. A batch is done as a whole or refused
// as a whole.
//
// It refuses to know routes and answers. Of every change it tells the Editor's listener, under the write lock.
package edit

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Editor makes writers.
type Editor struct {
	Clock func() time.Time
	Tell  func(*world.World, *world.Account, world.Change) // is called for every change, under the write lock
}

// Writer makes the writer of a user's request. The caller holds the write lock.
func (e Editor) Writer(w *world.World, a *world.Account, by int64) Writer {
	t := e.Clock()
	return Writer{w, a, by, t.Unix(), t.UnixMilli(), e.Tell}
}

// Writer carries out the drafts of one request. The caller holds the write lock and has found no error in them.
type Writer struct {
	W     *world.World
	A     *world.Account
	By    int64 // the caller's user
	Now   int64 // unix s
	NowMS int64 // unix ms
	tell  func(*world.World, *world.Account, world.Change)
}

// Changed tells of a change.
func (x Writer) Changed(c world.Change) { x.tell(x.W, x.A, c) }

// Journal returns the audit feed as a user writes it.
func (x Writer) Journal(by int64) world.Journal { return x.W.Journal(x.A, x.Now, by) }

// Create makes the entity and returns its id.
func (x Writer) Create(entity string, d *Draft) int64 {
	id := x.W.TakeID()
	by := Or(d.CreatedBy, x.By)
	b := world.Base{
		ID: id, Name: Or(d.Name, ""), Responsible: Or(d.Responsible, x.Responsible()),
		CreatedBy: by, UpdatedBy: Or(d.UpdatedBy, by), CreatedAt: Or(d.CreatedAt, x.Now),
		UpdatedAt: Or(d.UpdatedAt, x.Now),
	}
	for _, f := range d.Fields {
		SetField(&b, f)
	}
	j := x.Journal(by)
	j.Added(entity, id)
	switch entity {
	case "leads":
		x.A.Leads[id] = x.newLead(b, d)
	case "contacts":
		b.Name = Or(d.fullName(nil), "")
		x.A.Contacts[id] = &world.Contact{
			Base: b, FirstName: Or(d.first, ""), LastName: Or(d.last, ""), CompanyID: d.Company, MadeAt: x.NowMS,
		}
	case "companies":
		x.A.Companies[id] = &world.Company{Base: b}
	}
	x.setTags(entity, world.BaseByID(x.A, entity, id), d.tags, j)
	if l := x.A.Leads[id]; entity == "leads" {
		for _, c := range l.Contacts {
			j.Linked("entity_linked", "leads", id, "contacts", c.ID)
		}
		if l.CompanyID != 0 {
			j.Linked("entity_linked", "leads", id, "companies", l.CompanyID)
		}
	}
	x.Changed(world.Change{Entity: entity, Action: "add", ID: id, By: by})
	return id
}

// Responsible is who gets an entity that was sent without one: the caller, unless the seat of the caller is not active.
func (x Writer) Responsible() int64 {
	if u := world.UserOf(x.A, x.By); u != nil && u.Active && !u.Free {
		return x.By
	}
	for _, u := range x.A.Users {
		if u.Active && !u.Free {
			return u.ID
		}
	}
	return x.By
}

func (x Writer) newLead(b world.Base, d *Draft) *world.Lead {
	p := world.MainPipeline(x.A)
	if d.Pipeline != nil {
		p = world.PipelineOf(x.A, *d.Pipeline)
	}
	l := &world.Lead{
		Base: b, Price: Or(d.price, 0), Cents: Or(d.cents, 0), PipelineID: p.ID, StatusID: Or(d.Status, world.FirstStatus(p).ID),
		LossReasonID: Or(d.loss, 0), ClosedAt: Or(d.closedAt, 0), Contacts: d.Contacts, CompanyID: d.Company,
	}
	if d.category != "" {
		l.StatusID = p.Statuses[0].ID
	}
	if l.Name == "" {
		l.Name = world.DefaultLeadName(x.A, l.ID)
	}
	if world.Closed(l.StatusID) && l.ClosedAt == 0 {
		l.ClosedAt = x.Now
	}
	return l
}

// Update changes the entity and tells the feed and the webhooks what was changed.
func (x Writer) Update(entity string, d *Draft) {
	b := world.BaseByID(x.A, entity, d.ID)
	by := Or(d.UpdatedBy, x.By)
	j := x.Journal(by)
	edited := false
	name := d.Name
	if c := x.A.Contacts[d.ID]; entity == "contacts" {
		name = d.fullName(c)
		edited = Set(&c.FirstName, d.first) || edited
		edited = Set(&c.LastName, d.last) || edited
	}
	if name != nil && *name != b.Name {
		value := func(s string) []obj { return world.One("name_field_value", obj{"name": s}) }
		j.Add("name_field_changed", world.Singular(entity), b.ID, value(*name), value(b.Name))
		b.Name, edited = *name, true
	}
	for _, f := range d.Fields {
		if before, changed := SetField(b, f); changed {
			j.FieldChanged(entity, b.ID, f.field, f.values, before)
			edited = true
		}
	}
	edited = x.setTags(entity, b, d.tags, j) || edited
	b.UpdatedAt, b.UpdatedBy = Or(d.UpdatedAt, x.Now), by
	Set(&b.CreatedAt, d.CreatedAt)
	Set(&b.CreatedBy, d.CreatedBy)
	if entity == "leads" {
		edited = x.updateLead(x.A.Leads[d.ID], d, j) || edited
	}
	if old := b.Responsible; Set(&b.Responsible, d.Responsible) {
		x.ResponsibleChanged(entity, b.ID, b.Responsible, old, by)
	}
	if edited {
		x.Changed(world.Change{Entity: entity, Action: "update", ID: b.ID, By: by})
	}
}

// ResponsibleChanged tells the feed and the webhooks of another responsible user.
func (x Writer) ResponsibleChanged(entity string, id, user, old, by int64) {
	value := func(user int64) []obj { return world.One("responsible_user", obj{"id": user}) }
	x.Journal(by).Add("entity_responsible_changed", world.Singular(entity), id, value(user), value(old))
	x.Changed(world.Change{Entity: entity, Action: "responsible", ID: id, OldResponsible: old, By: by})
}

// updateLead changes price, stage and what hangs on it; it reports whether anything but the stage was changed.
func (x Writer) updateLead(l *world.Lead, d *Draft, j world.Journal) (edited bool) {
	if old := l.Sale(); d.price != nil {
		l.Price, l.Cents = *d.price, *d.cents
		if edited = l.Sale() != old; edited {
			sale := func(n float64) []obj { return world.One("sale_field_value", obj{"sale": n}) }
			j.Add("sale_field_changed", "lead", l.ID, sale(l.Sale()), sale(old))
		}
	}
	oldPipeline, oldStatus := l.PipelineID, l.StatusID
	l.PipelineID, l.StatusID = d.target(x.A, l)
	if l.StatusID != world.StatusLost || d.clearLoss {
		l.LossReasonID = 0
	} else {
		edited = Set(&l.LossReasonID, d.loss) || edited
	}
	moved := oldPipeline != l.PipelineID || oldStatus != l.StatusID
	switch {
	case !world.Closed(l.StatusID):
		l.ClosedAt = 0
	case d.closedAt != nil:
		l.ClosedAt = *d.closedAt
	case moved:
		l.ClosedAt = x.Now
	}
	if moved {
		stage := func(p, st int64) []obj { return world.One("lead_status", obj{"id": st, "pipeline_id": p}) }
		j.Add("lead_status_changed", "lead", l.ID, stage(l.PipelineID, l.StatusID), stage(oldPipeline, oldStatus))
		x.settleUnsorted(l, OutcomeAccepted)
		x.Changed(world.Change{
			Entity: "leads", Action: "status", ID: l.ID, OldStatus: oldStatus, OldPipeline: oldPipeline, By: j.By,
		})
	}
	return edited
}

// target is where the lead stands after the draft. Another pipeline without a status leads to its first stage, or
// keeps a closed lead closed.
func (d *Draft) target(a *world.Account, l *world.Lead) (pipeline, status int64) {
	pipeline, status = Or(d.Pipeline, l.PipelineID), Or(d.Status, l.StatusID)
	if _, st := world.StatusOf(a, pipeline, status); st == nil {
		status = world.FirstStatus(world.PipelineOf(a, pipeline)).ID
	}
	return pipeline, status
}

// setTags carries out a tagWrite and reports whether the tags are others now.
func (x Writer) setTags(entity string, b *world.Base, t tagWrite, j world.Journal) (changed bool) {
	next := slices.Clone(b.Tags)
	if t.replaced {
		next = nil
	}
	for _, ref := range slices.Concat(t.set, t.add) {
		if ref.id == 0 {
			ref.id = world.TagNamed(x.W, x.A, entity, ref.Name, ref.Color).ID
		}
		if !slices.Contains(next, ref.id) {
			next = append(next, ref.id)
		}
	}
	name := func(id int64) string { return world.TagByID(x.A, entity, id).Name }
	next = slices.DeleteFunc(next, func(id int64) bool {
		return slices.ContainsFunc(t.remove, func(ref TagRef) bool { return ref.id == id || ref.Name == name(id) })
	})
	tell := func(typ string, ids, others []int64) {
		var tags []obj
		for _, id := range ids {
			if !slices.Contains(others, id) {
				tags = append(tags, obj{"tag": obj{"name": name(id)}})
			}
		}
		if tags != nil {
			j.Add(typ, world.Singular(entity), b.ID, tags, nil)
			changed = true
		}
	}
	tell("entity_tag_added", next, b.Tags)
	tell("entity_tag_deleted", b.Tags, next)
	b.Tags = next
	return changed
}

// Set stores a said value and reports whether it is another one.
func Set[T comparable](to *T, said *T) bool {
	if said == nil || *to == *said {
		return false
	}
	*to = *said
	return true
}

// SetField puts the written values into the entity; it returns the earlier ones and whether anything changed.
func SetField(b *world.Base, w fieldWrite) (before []map[string]any, changed bool) {
	at := slices.IndexFunc(b.Fields, func(f world.FieldValue) bool { return f.FieldID == w.field.ID })
	if at >= 0 {
		before = b.Fields[at].Values
	}
	if sameValues(before, w.values) {
		return before, false
	}
	switch {
	case len(w.values) == 0:
		b.Fields = slices.Delete(b.Fields, at, at+1)
	case at >= 0:
		b.Fields[at].Values = w.values
	default:
		b.Fields = append(b.Fields, world.FieldValue{FieldID: w.field.ID, Values: w.values})
	}
	return before, true
}

// sameValues compares by their JSON: numbers read back from a saved state are float64, written ones int64.
func sameValues(a, b []map[string]any) bool {
	return slices.EqualFunc(a, b, func(x, y map[string]any) bool {
		rawX, errX := json.Marshal(x)
		rawY, errY := json.Marshal(y)
		return errX == nil && errY == nil && string(rawX) == string(rawY)
	})
}
