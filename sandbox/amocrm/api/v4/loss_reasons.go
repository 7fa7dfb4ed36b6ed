package v4

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func (s lossReasons) routes() []route {
	return []route{
		{"GET", "/leads/loss_reasons", s.list},
		{"POST", "/leads/loss_reasons", s.Gate.ForAdmins(s.create)},
		{"GET", "/leads/loss_reasons/{id}", s.get},
		{"PATCH", "/leads/loss_reasons/{id}", s.Gate.ForAdmins(s.update)},
		{"DELETE", "/leads/loss_reasons/{id}", s.Gate.ForAdmins(s.delete)},
	}
}

// list answers GET /leads/loss_reasons.
func (s lossReasons) list(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerCounted(s.State, w, r, "loss_reasons", func(*world.World) []*world.LossReason {
		return c.Account.LossReasons
	}, func(l *world.LossReason) obj { return renderLossReason(r, l) })
}

// get answers GET /leads/loss_reasons/{id}.
func (s lossReasons) get(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerOne(s.State, w, "Loss reason", func() obj {
		if l := world.LossReasonOf(c.Account, api.PathID(r, "id")); l != nil {
			return renderLossReason(r, l)
		}
		return nil
	})
}

func renderLossReason(r *http.Request, l *world.LossReason) obj {
	return obj{
		"id": l.ID, "name": l.Name, "sort": l.Sort, "created_at": l.CreatedAt, "updated_at": max(l.CreatedAt, l.UpdatedAt),
		"_links": api.SelfLink(api.URL(r, fmt.Sprintf("/leads/loss_reasons/%d", l.ID))),
	}
}

// create answers POST /leads/loss_reasons. The documentation does not have it, the official library does.
func (s lossReasons) create(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerCreated(Deps(s), w, r, c, api.MaxWrite, func(_ edit.Writer, v edit.Check, m obj, i int) *world.LossReason {
		l := &world.LossReason{Name: edit.Or(v.Required(m, "name"), ""), CreatedAt: s.Now().Unix()}
		l.Sort = edit.Or(v.Integer(m, "sort"), int64(100_000*(len(c.Account.LossReasons)+i+1)))
		return l
	}, func(x edit.Writer, l *world.LossReason) obj {
		l.ID = x.W.TakeID()
		c.Account.LossReasons = append(c.Account.LossReasons, l)
		return renderLossReason(r, l)
	}, func(out []obj) { api.AnswerWritten(w, r, "leads/loss_reasons", "loss_reasons", out) })
}

// update answers PATCH /leads/loss_reasons/{id} with a bare object.
func (s lossReasons) update(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerEdited(s.State, w, r, c, "Loss reason", func(v edit.Check, m obj) obj {
		l := world.LossReasonOf(c.Account, api.PathID(r, "id"))
		if l == nil {
			return nil
		}
		name, sort := v.Text(m, "name"), v.Integer(m, "sort")
		if v.Failed() {
			return nil
		}
		edit.Set(&l.Name, name)
		edit.Set(&l.Sort, sort)
		l.UpdatedAt = s.Now().Unix()
		return renderLossReason(r, l)
	})
}

// delete answers DELETE /leads/loss_reasons/{id}; the leads that had it have none.
func (s lossReasons) delete(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerDeleted(s.State, w, "Loss reason", func() (found, kept bool) {
		id := api.PathID(r, "id")
		left := slices.DeleteFunc(slices.Clone(c.Account.LossReasons), func(l *world.LossReason) bool { return l.ID == id })
		found = len(left) < len(c.Account.LossReasons)
		c.Account.LossReasons = left
		for _, l := range c.Account.Leads {
			if l.LossReasonID == id {
				l.LossReasonID = 0
			}
		}
		return found, false
	})
}
