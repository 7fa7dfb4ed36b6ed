package edit

import (
	"net/http"
	"strconv"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Codes of validation errors (amocrm.md §8.3).
const (
	CodeChoice      = "NotSupportedChoice"
	CodeType        = "InvalidType"
	CodeNotExpected = "FieldNotExpected"
	CodeMissing     = "FieldMissing"
)

// FieldError is one refused value; Path is in dot notation, relative to the item.
type FieldError struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

// ItemErrors are the errors of one item of a batch.
type ItemErrors struct {
	RequestID string       `json:"request_id"`
	Errors    []FieldError `json:"errors"`
}

// Refusal collects why a batch is refused; one error anywhere refuses all of it.
type Refusal struct {
	Items []ItemErrors
	// lossReason holds lead ids whose loss reason has no place; they are told in a body of another shape.
	lossReason []string
}

// Add keeps the errors of an item, if there are any.
func (f *Refusal) Add(requestID string, errs []FieldError) {
	if len(errs) > 0 {
		f.Items = append(f.Items, ItemErrors{requestID, errs})
	}
}

// Check checks every item of a batch, keeps what is wrong and reports whether nothing is.
func (f *Refusal) Check(a *world.Account, items []obj, read func(v Check, m obj, i int)) bool {
	for i, m := range items {
		v := NewCheck(a)
		read(v, m, i)
		id, _ := api.RequestID(m, i)
		f.Add(id, *v.Errs)
	}
	return !f.Any()
}

// Any reports whether the batch is refused.
func (f *Refusal) Any() bool { return len(f.Items) > 0 || len(f.lossReason) > 0 }

// Write answers the 400. Field errors win over loss reasons.
func (f *Refusal) Write(w http.ResponseWriter) {
	if len(f.Items) > 0 {
		api.WriteAs(w, "application/problem+json", http.StatusBadRequest, obj{
			"validation-errors": f.Items, "title": "Bad Request", "type": "https://httpstatus.es/400",
			"status": http.StatusBadRequest, "detail": "Request validation failed",
		})
		return
	}
	errs := obj{}
	for _, id := range f.lossReason {
		errs[id] = "Loss reason can be specified only for lost lead"
	}
	api.WriteAs(w, "application/problem+json", http.StatusBadRequest, obj{
		"errors": errs, "title": "Bad Request", "type": "https://httpstatus.es/400",
		"status": http.StatusBadRequest, "detail": "Invalid request body",
	})
}

// Draft reads one item of a create (old is nil) or of an update, and keeps what is wrong with it.
func (f *Refusal) Draft(a *world.Account, entity string, m obj, index int, old *world.Base) *Draft {
	v := NewCheck(a)
	var d *Draft
	switch {
	case entity != "leads":
		d = ReadDraft(v, entity, m)
	case old != nil:
		d = readLead(v, m, a.Leads[old.ID])
	default:
		d = readLead(v, m, nil)
		readLinks(v, m, d)
	}
	d.RequestID, d.SentID = api.RequestID(m, index)
	if old != nil {
		d.ID = old.ID
	}
	f.Add(d.RequestID, *v.Errs)
	if entity == "leads" && !v.Failed() {
		f.checkLossReason(a, d)
	}
	return d
}

// checkLossReason refuses a loss reason on a lead that will not stand in 143 (amocrm.md §5.4).
func (f *Refusal) checkLossReason(a *world.Account, d *Draft) {
	if d.loss == nil || *d.loss == 0 {
		return
	}
	status, key := Or(d.Status, 0), d.RequestID
	if l := a.Leads[d.ID]; l != nil {
		_, status = d.target(a, l)
		key = strconv.FormatInt(l.ID, 10)
	}
	if status != world.StatusLost {
		f.lossReason = append(f.lossReason, key)
	}
}
