package amo

import (
	"fmt"
	"net/http"
)

// listLossReasons answers GET /leads/loss_reasons.
func (s *Server) listLossReasons(w http.ResponseWriter, r *http.Request, c caller) {
	p, ok := readPage(w, r, defaultLimit, maxLimit)
	if !ok {
		return
	}
	var items []obj
	var more bool
	var total int
	s.read(func(*World) {
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
func (s *Server) getLossReason(w http.ResponseWriter, r *http.Request, c caller) {
	var o obj
	s.read(func(*World) {
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
		"id": l.ID, "name": l.Name, "sort": l.Sort, "created_at": l.CreatedAt, "updated_at": l.CreatedAt,
		"_links": selfLink(apiURL(r, fmt.Sprintf("/leads/loss_reasons/%d", l.ID))),
	}
}
