package amocrm

import (
	"fmt"
	"net/http"
	"slices"
)

func (s lossReasons) routes() []route {
	return []route{
		{"GET", "/leads/loss_reasons", s.listLossReasons},
		{"POST", "/leads/loss_reasons", s.gate.forAdmins(s.createLossReasons)},
		{"GET", "/leads/loss_reasons/{id}", s.getLossReason},
		{"PATCH", "/leads/loss_reasons/{id}", s.gate.forAdmins(s.updateLossReason)},
		{"DELETE", "/leads/loss_reasons/{id}", s.gate.forAdmins(s.deleteLossReason)},
	}
}

// listLossReasons answers GET /leads/loss_reasons.
func (s lossReasons) listLossReasons(w http.ResponseWriter, r *http.Request, c caller) {
	p, ok := readPage(w, r, defaultLimit, maxLimit)
	if !ok {
		return
	}
	var items []obj
	var more bool
	var total int
	s.state.Read(func(*World) {
		var part []*LossReason
		part, more = slicePage(c.account.LossReasons, p)
		total = len(c.account.LossReasons)
		for _, l := range part {
			items = append(items, renderLossReason(r, l))
		}
	})
	answerCounted(w, r, p, "loss_reasons", items, more, total)
}

// getLossReason answers GET /leads/loss_reasons/{id}.
func (s lossReasons) getLossReason(w http.ResponseWriter, r *http.Request, c caller) {
	var o obj
	s.state.Read(func(*World) {
		if l := lossReasonOf(c.account, pathID(r, "id")); l != nil {
			o = renderLossReason(r, l)
		}
	})
	if o == nil {
		notFound(w, "Loss reason")
		return
	}
	writeHAL(w, http.StatusOK, o)
}

func renderLossReason(r *http.Request, l *LossReason) obj {
	return obj{
		"id": l.ID, "name": l.Name, "sort": l.Sort, "created_at": l.CreatedAt, "updated_at": max(l.CreatedAt, l.UpdatedAt),
		"_links": selfLink(apiURL(r, fmt.Sprintf("/leads/loss_reasons/%d", l.ID))),
	}
}

// createLossReasons answers POST /leads/loss_reasons. The documentation does not have it, the official library does.
func (s lossReasons) createLossReasons(w http.ResponseWriter, r *http.Request, c caller) {
	items, ok := readBatch(w, r, maxWrite)
	if !ok {
		return
	}
	var bad refusal
	var out []obj
	s.state.Write(func(state *World) {
		var made []*LossReason
		for i, m := range items {
			v := newCheck(c.account)
			l := &LossReason{Name: or(v.required(m, "name"), ""), CreatedAt: s.now().Unix()}
			l.Sort = or(v.integer(m, "sort"), int64(100_000*(len(c.account.LossReasons)+i+1)))
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
			made = append(made, l)
		}
		if bad.any() {
			return
		}
		for i, l := range made {
			l.ID = state.takeID()
			c.account.LossReasons = append(c.account.LossReasons, l)
			o := renderLossReason(r, l)
			o["request_id"], _ = requestID(items[i], i)
			out = append(out, o)
		}
	})
	if bad.any() {
		bad.write(w)
		return
	}
	answerWritten(w, r, "leads/loss_reasons", "loss_reasons", out)
}

// updateLossReason answers PATCH /leads/loss_reasons/{id} with a bare object.
func (s lossReasons) updateLossReason(w http.ResponseWriter, r *http.Request, c caller) {
	m, ok := readObject(w, r)
	if !ok {
		return
	}
	var bad refusal
	var o obj
	s.state.Write(func(*World) {
		l := lossReasonOf(c.account, pathID(r, "id"))
		if l == nil {
			return
		}
		v := newCheck(c.account)
		name, sort := v.text(m, "name"), v.integer(m, "sort")
		if bad.add("0", *v.errs); bad.any() {
			return
		}
		set(&l.Name, name)
		set(&l.Sort, sort)
		l.UpdatedAt = s.now().Unix()
		o = renderLossReason(r, l)
	})
	answerChanged(w, bad, o, "Loss reason")
}

// deleteLossReason answers DELETE /leads/loss_reasons/{id}; the leads that had it have none.
func (s lossReasons) deleteLossReason(w http.ResponseWriter, r *http.Request, c caller) {
	found := false
	s.state.Write(func(*World) {
		id := pathID(r, "id")
		left := slices.DeleteFunc(slices.Clone(c.account.LossReasons), func(l *LossReason) bool { return l.ID == id })
		found = len(left) < len(c.account.LossReasons)
		c.account.LossReasons = left
		for _, l := range c.account.Leads {
			if l.LossReasonID == id {
				l.LossReasonID = 0
			}
		}
	})
	answerDeleted(w, found, false, "Loss reason")
}
