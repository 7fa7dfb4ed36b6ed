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
