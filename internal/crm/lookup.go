package crm

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/when"
)

// Meta is the account's vocabulary: who works there, which stages and fields there are.
type Meta struct {
	Account       amocrm.Account
	Users         []amocrm.User
	Pipelines     []amocrm.Pipeline
	LeadFields    []amocrm.Field
	ContactFields []amocrm.Field
	UsersHidden   bool      // the connection may not read users (only administrators may), so names are unknown
	At            time.Time // of the oldest part
	Stale         bool
}

// UserName names a user: "" for the robot (id 0) and when users can't be read, "#id" for one who is gone.
func (m Meta) UserName(id int64) string {
	if id == 0 || m.UsersHidden {
		return ""
	}
	if u, ok := Find(m.Users, func(u amocrm.User) bool { return int64(u.ID) == id }); ok {
		return u.Name
	}
	return Numbered(id)
}

// Assignable lists the users who may be responsible for a deal: active and not free ones (amocrm.md §3.1).
func (m Meta) Assignable() []amocrm.User {
	return Filter(m.Users, func(u amocrm.User) bool { return u.IsActive && !u.IsFree })
}

// Pipeline finds a pipeline.
func (m Meta) Pipeline(id int64) (amocrm.Pipeline, bool) {
	return Find(m.Pipelines, func(p amocrm.Pipeline) bool { return int64(p.ID) == id })
}

// Status finds a stage by the pair that names it.
func (m Meta) Status(pipelineID, statusID int64) (amocrm.Status, bool) {
	p, _ := m.Pipeline(pipelineID)
	return Find(p.Statuses, func(s amocrm.Status) bool { return int64(s.ID) == statusID })
}

// PipelineName names a pipeline, "#id" for one that is gone.
func (m Meta) PipelineName(id int64) string {
	if p, ok := m.Pipeline(id); ok {
		return p.Name
	}
	return Numbered(id)
}

// StatusName names a stage, "#id" for one that is gone.
func (m Meta) StatusName(pipelineID, statusID int64) string {
	if s, ok := m.Status(pipelineID, statusID); ok {
		return s.Name
	}
	return Numbered(statusID)
}

// LeadField finds a custom field of deals.
func (m Meta) LeadField(id int64) (amocrm.Field, bool) {
	return Find(m.LeadFields, func(f amocrm.Field) bool { return int64(f.ID) == id })
}

// LeadFieldName names a custom field of deals, "#id" for one that is gone.
func (m Meta) LeadFieldName(id int64) string {
	if f, ok := m.LeadField(id); ok {
		return f.Name
	}
	return Numbered(id)
}

// ContactField finds amoCRM's own contact field by its code ("PHONE", "POSITION", …).
func (m Meta) ContactField(code string) (amocrm.Field, bool) {
	return Find(m.ContactFields, func(f amocrm.Field) bool { return strings.EqualFold(f.Code, code) })
}

// Location is the account's time zone, UTC when the account does not say or the name is unknown here.
func (m Meta) Location() *time.Location {
	l, err := when.Zone(m.Account.Timezone)
	if err != nil {
		return time.UTC
	}
	return l
}

// Calendar is what the account's dates are read with: its zone, and the order of its date format, else of its country.
func (m Meta) Calendar() when.Calendar {
	return when.Calendar{Zone: m.Location(), Order: when.OrderOf(m.Account.DateFormat, m.Account.Country)}
}

// Open lists the pipelines a deal can be made in: not archived, without Unsorted (amocrm.md §3.2).
func (m Meta) Open() []amocrm.Pipeline {
	var out []amocrm.Pipeline
	for _, p := range m.Pipelines {
		p.Statuses = Filter(p.Statuses, func(s amocrm.Status) bool { return !Unsorted(s) })
		if !p.IsArchive && len(p.Statuses) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// Required lists the custom fields that a deal must have to enter a stage and that can be filled (amocrm.md §3.4).
func (m Meta) Required(pipelineID, statusID int64) []amocrm.Field {
	return RequiredFields(m.LeadFields, pipelineID, statusID)
}

// Numbered is the name of what has only an id.
func Numbered(id int64) string { return fmt.Sprintf("#%d", id) }

// RequiredFields returns the fields that a stage requires.
func RequiredFields(fields []amocrm.Field, pipelineID, statusID int64) []amocrm.Field {
	stage := amocrm.PipelineStatus{PipelineID: amocrm.ID(pipelineID), StatusID: amocrm.ID(statusID)}
	return Filter(fields, func(f amocrm.Field) bool { return Fillable(f) && slices.Contains(f.RequiredStatuses, stage) })
}

// Fillable reports whether we can write a field that people may change.
func Fillable(f amocrm.Field) bool { return !f.IsAPIOnly && f.Writable() }

// Find returns the first element of a list that is meant.
func Find[T any](list []T, meant func(T) bool) (found T, ok bool) {
	if i := slices.IndexFunc(list, meant); i >= 0 {
		return list[i], true
	}
	return found, false
}

// Filter returns the elements of a list that are meant, nil for none.
func Filter[T any](list []T, meant func(T) bool) (kept []T) {
	for _, x := range list {
		if meant(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

// ContactName returns a contact's name, else its first and last name.
func ContactName(c amocrm.Contact) string {
	if n := strings.TrimSpace(c.Name); n != "" {
		return n
	}
	return strings.TrimSpace(c.FirstName + " " + c.LastName)
}

// At reads Unix seconds; 0 is no time.
func At(unix amocrm.Unix) time.Time {
	if unix <= 0 {
		return time.Time{}
	}
	return time.Unix(int64(unix), 0).UTC()
}

// FirstText returns the first text that is not blank, trimmed; "" for none.
func FirstText(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}
