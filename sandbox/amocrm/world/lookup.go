package world

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// Entities are the kinds that share notes, links, tags and custom fields.
var Entities = []string{"leads", "contacts", "companies"}

// IsEntity reports whether a name is one of the Entities.
func IsEntity(name string) bool { return slices.Contains(Entities, name) }

// AccountBirth is when every account of the sandbox was made, unix seconds.
const AccountBirth = 1577836800

// Task types that every account has.
const (
	TaskFollowUp = 1
	TaskMeeting  = 2
)

// TakeID hands out the next id. The caller holds the write lock.
func (w *World) TakeID() int64 {
	w.NextID++
	return w.NextID
}

// UserOf returns nil for an unknown user.
func UserOf(a *Account, id int64) *User {
	return kit.First(a.Users, func(u *User) bool { return u.ID == id })
}

// LossReasonOf returns nil for an unknown loss reason.
func LossReasonOf(a *Account, id int64) *LossReason {
	return kit.First(a.LossReasons, func(l *LossReason) bool { return l.ID == id })
}

// BaseByID finds the shared part of a lead, contact or company that is not deleted.
func BaseByID(a *Account, entity string, id int64) *Base {
	b := BaseAny(a, entity, id)
	if b == nil || b.Deleted {
		return nil
	}
	return b
}

// BaseAny finds deleted ones too.
func BaseAny(a *Account, entity string, id int64) *Base {
	switch entity {
	case "leads":
		return baseOf(a.Leads, id)
	case "contacts":
		return baseOf(a.Contacts, id)
	case "companies":
		return baseOf(a.Companies, id)
	}
	return nil
}

func (b *Base) base() *Base { return b }

// baseOf is the shared part of one of a kind, nil for an unknown id.
func baseOf[E interface{ base() *Base }](kind map[int64]E, id int64) *Base {
	if e, ok := kind[id]; ok {
		return e.base()
	}
	return nil
}

// basesOf are those of all, by id.
func basesOf[E interface{ base() *Base }](kind map[int64]E) []*Base {
	var out []*Base
	for _, id := range SortedKeys(kind) {
		out = append(out, kind[id].base())
	}
	return out
}

// Bases lists all leads, contacts, companies or elements of a catalog by id, deleted ones too.
func Bases(a *Account, entity string) []*Base {
	switch entity {
	case "leads":
		return basesOf(a.Leads)
	case "contacts":
		return basesOf(a.Contacts)
	case "companies":
		return basesOf(a.Companies)
	}
	return ElementsOf(a, entity)
}

// SortedKeys returns the keys of a map in order.
func SortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Singular is the entity's name in events and calls.
func Singular(entity string) string {
	if entity == "companies" {
		return "company"
	}
	return strings.TrimSuffix(entity, "s")
}

// Plural is the reverse of singular.
func Plural(entity string) string {
	if entity == "company" {
		return "companies"
	}
	return entity + "s"
}

// ClosestTasks is the due time of each entity's first open task.
func ClosestTasks(a *Account, entity string) map[int64]int64 {
	due := map[int64]int64{}
	for _, t := range a.Tasks {
		if t.Entity != entity || t.Completed {
			continue
		}
		if at, ok := due[t.EntityID]; !ok || t.CompleteTill < at {
			due[t.EntityID] = t.CompleteTill
		}
	}
	return due
}

// LeadsByContact lists the live leads of each contact, by id.
func LeadsByContact(a *Account) map[int64][]int64 {
	m := map[int64][]int64{}
	for _, id := range SortedKeys(a.Leads) {
		if l := a.Leads[id]; !l.Deleted {
			for _, c := range l.Contacts {
				m[c.ID] = append(m[c.ID], id)
			}
		}
	}
	return m
}

// CompanyMembers lists the live contacts and leads of a company.
func CompanyMembers(a *Account, company int64) (contacts, leads []int64) {
	for _, id := range SortedKeys(a.Contacts) {
		if c := a.Contacts[id]; c.CompanyID == company && !c.Deleted {
			contacts = append(contacts, id)
		}
	}
	for _, id := range SortedKeys(a.Leads) {
		if l := a.Leads[id]; l.CompanyID == company && !l.Deleted {
			leads = append(leads, id)
		}
	}
	return contacts, leads
}

// TagByID is nil for an unknown tag.
func TagByID(a *Account, entity string, id int64) *Tag {
	return kit.First(a.Tags[entity], func(t *Tag) bool { return t.ID == id })
}

// TagNamed finds a tag by name, or makes it.
func TagNamed(w *World, a *Account, entity, name, color string) *Tag {
	if t := kit.First(a.Tags[entity], func(t *Tag) bool { return t.Name == name }); t != nil {
		return t
	}
	t := &Tag{ID: w.TakeID(), Name: name}
	if entity == "leads" { // only leads' tags have colours (amocrm.md §4.2)
		t.Color = color
	}
	a.Tags[entity] = append(a.Tags[entity], t)
	return t
}

// DefaultLeadName is the name of a lead that was sent without one.
func DefaultLeadName(a *Account, id int64) string {
	if a.Language == "ru" {
		return fmt.Sprintf("Сделка #%d", id)
	}
	return fmt.Sprintf("Lead #%d", id)
}

// The type of the stage Unsorted, and the ids of the two closing stages of every pipeline.
const (
	UnsortedType = 1
	StatusWon    = 142
	StatusLost   = 143
)

// Closed reports whether a stage is one of the two that end a lead.
func Closed(status int64) bool { return status == StatusWon || status == StatusLost }

// StatusOf finds a stage by the pair that identifies it; both are nil-able.
func StatusOf(a *Account, pipelineID, statusID int64) (*Pipeline, *Status) {
	p := PipelineOf(a, pipelineID)
	if p == nil {
		return nil, nil
	}
	return p, kit.First(p.Statuses, func(st *Status) bool { return st.ID == statusID })
}

// PipelineOf returns nil for an unknown pipeline.
func PipelineOf(a *Account, id int64) *Pipeline {
	return kit.First(a.Pipelines, func(p *Pipeline) bool { return p.ID == id })
}

// MainPipeline is where a lead without a pipeline goes.
func MainPipeline(a *Account) *Pipeline {
	return cmp.Or(kit.First(a.Pipelines, func(p *Pipeline) bool { return p.Main }), a.Pipelines[0])
}

// FirstStatus is the first stage that is not Unsorted.
func FirstStatus(p *Pipeline) *Status {
	return cmp.Or(kit.First(p.Statuses, func(st *Status) bool { return st.Type != UnsortedType }), p.Statuses[0])
}

// WrapStages puts Unsorted before a pipeline's own stages and the two closing ones behind them.
func WrapStages(own []*Status, unsorted, won, lost string) []*Status {
	all := []*Status{{Name: unsorted, Sort: 10, Color: "#c1c1c1", Type: UnsortedType}}
	for i, st := range own {
		st.Sort = int64(20 + 10*i)
		all = append(all, st)
	}
	return append(all,
		&Status{ID: StatusWon, Name: won, Sort: 10000, Color: "#CCFF66"},
		&Status{ID: StatusLost, Name: lost, Sort: 11000, Color: "#D5D8DB"})
}

// AddPipeline gives ids and makes it the only main one when it is main.
func AddPipeline(w *World, a *Account, p *Pipeline) {
	p.ID = w.TakeID()
	for _, st := range p.Statuses {
		if st.ID == 0 {
			st.ID = w.TakeID()
		}
	}
	a.Pipelines = append(a.Pipelines, p)
	SetMain(a, p)
}

// SetMain makes a pipeline that is to be the main one the only such.
func SetMain(a *Account, main *Pipeline) {
	if !main.Main {
		return
	}
	for _, p := range a.Pipelines {
		p.Main = p == main
	}
}
