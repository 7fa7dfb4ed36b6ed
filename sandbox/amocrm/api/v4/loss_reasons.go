package v4

import (
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

var lossReasonRoutes = []route{
	{"GET", "/leads/loss_reasons", nil, counted("loss_reasons", lossReasonsOf, renderLossReason)},
	{"POST", "/leads/loss_reasons", batch, createLossReasons},
	{"GET", "/leads/loss_reasons/{id}", nil, one("Loss reason", lossReasonAt, renderLossReason)},
	{"PATCH", "/leads/loss_reasons/{id}", object(""), edited("Loss reason", lossReasonAt, editLossReason, renderLossReason)},
	{"DELETE", "/leads/loss_reasons/{id}", nil, deleted("Loss reason", lossReasonAt, deleteLossReason)},
}

func lossReasonsOf(q *call) []*world.LossReason { return q.A.LossReasons }

// lossReasonAt is the loss reason that the path names.
func lossReasonAt(q *call) *world.LossReason { return world.LossReasonOf(q.A, q.id("id")) }

func renderLossReason(q *call, l *world.LossReason) obj {
	return obj{
		"id": l.ID, "name": l.Name, "sort": l.Sort, "created_at": l.CreatedAt, "updated_at": max(l.CreatedAt, l.UpdatedAt),
		"_links": q.self("leads/loss_reasons", l.ID),
	}
}

// createLossReasons answers POST /leads/loss_reasons. The documentation does not have it, the official library does.
var createLossReasons = each(always, func(q *call, v edit.Check, m obj, i int) *world.LossReason {
	return &world.LossReason{
		Name: edit.Or(v.Required(m, "name"), ""), CreatedAt: q.Now,
		Sort: edit.Or(v.Integer(m, "sort"), int64(100_000*(len(q.A.LossReasons)+i+1))),
	}
}, func(q *call, l *world.LossReason) obj {
	l.ID = q.W.TakeID()
	q.A.LossReasons = append(q.A.LossReasons, l)
	return renderLossReason(q, l)
}, written("loss_reasons"))

func editLossReason(q *call, v edit.Check, m obj, l *world.LossReason) {
	edit.Set(&l.Name, v.Text(m, "name"))
	edit.Set(&l.Sort, v.Integer(m, "sort"))
	l.UpdatedAt = q.Now
}

// deleteLossReason deletes it; the leads that had it have none.
func deleteLossReason(q *call, reason *world.LossReason) (stays bool) {
	q.A.LossReasons = without(q.A.LossReasons, reason)
	for _, l := range q.A.Leads {
		if l.LossReasonID == reason.ID {
			l.LossReasonID = 0
		}
	}
	return false
}
