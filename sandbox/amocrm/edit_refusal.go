package amocrm

import (
	"net/http"
	"strconv"
)

// draft reads one item of a create (old is nil) or of an update, and keeps what is wrong with it.
func (f *refusal) draft(a *Account, entity string, m obj, index int, old *Base) *draft {
	v := newCheck(a)
	var d *draft
	switch {
	case entity != "leads":
		d = readDraft(v, entity, m)
	case old != nil:
		d = readLead(v, m, a.Leads[old.ID])
	default:
		d = readLead(v, m, nil)
		readLinks(v, m, d)
	}
	d.requestID, d.sentID = requestID(m, index)
	if old != nil {
		d.id = old.ID
	}
	f.add(d.requestID, *v.errs)
	if entity == "leads" && !v.failed() {
		f.checkLossReason(a, d)
	}
	return d
}

// checkLossReason refuses a loss reason on a lead that will not stand in 143 (amocrm.md §5.4).
func (f *refusal) checkLossReason(a *Account, d *draft) {
	if d.loss == nil || *d.loss == 0 {
		return
	}
	status, key := or(d.status, 0), d.requestID
	if l := a.Leads[d.id]; l != nil {
		_, status = d.target(a, l)
		key = strconv.FormatInt(l.ID, 10)
	}
	if status != statusLost {
		f.lossReason = append(f.lossReason, key)
	}
}

// Codes of validation errors (amocrm.md §8.3).
const (
	codeChoice      = "NotSupportedChoice"
	codeType        = "InvalidType"
	codeNotExpected = "FieldNotExpected"
	codeMissing     = "FieldMissing"
)

// fieldError is one refused value; Path is in dot notation, relative to the item.
type fieldError struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

// itemErrors are the errors of one item of a batch.
type itemErrors struct {
	RequestID string       `json:"request_id"`
	Errors    []fieldError `json:"errors"`
}

// refusal collects why a batch is refused; one error anywhere refuses all of it.
type refusal struct {
	items []itemErrors
	// lossReason holds lead ids whose loss reason has no place; they are told in a body of another shape.
	lossReason []string
}

func (f *refusal) add(requestID string, errs []fieldError) {
	if len(errs) > 0 {
		f.items = append(f.items, itemErrors{requestID, errs})
	}
}

func (f *refusal) any() bool { return len(f.items) > 0 || len(f.lossReason) > 0 }

// write answers the 400. Field errors win over loss reasons.
func (f *refusal) write(w http.ResponseWriter) {
	if len(f.items) > 0 {
		writeAs(w, "application/problem+json", http.StatusBadRequest, obj{
			"validation-errors": f.items, "title": "Bad Request", "type": "https://httpstatus.es/400",
			"status": http.StatusBadRequest, "detail": "Request validation failed",
		})
		return
	}
	errs := obj{}
	for _, id := range f.lossReason {
		errs[id] = "Loss reason can be specified only for lost lead"
	}
	writeAs(w, "application/problem+json", http.StatusBadRequest, obj{
		"errors": errs, "title": "Bad Request", "type": "https://httpstatus.es/400",
		"status": http.StatusBadRequest, "detail": "Invalid request body",
	})
}
