package v4

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// stageColors are the colours that a stage may be given (amocrm.md §3.2); answers hold others too.
var stageColors = strings.Fields("#fffeb2 #fffd7f #fff000 #ffeab2 #ffdc7f #ffce5a #ffdbdb #ffc8c8 #ff8f92 #d6eaff #c1e0ff " +
	"#98cbff #ebffb1 #deff81 #87f2c0 #f9deff #f3beff #ccc8f9 #eb93ff #f2f3f4 #e6e8ea")

// readColor reads a stage's colour; the first of the palette is the default.
func readColor(v edit.Check, m obj) string {
	c := v.Text(m, "color")
	if c == nil {
		return stageColors[0]
	}
	if !slices.Contains(stageColors, strings.ToLower(*c)) {
		v.Choice("color")
	}
	return *c
}

// update answers PATCH /leads/pipelines/{id}.
func (s pipelines) update(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerEdited(s.State, w, r, c, "Pipeline", func(v edit.Check, m obj) obj {
		p := world.PipelineOf(c.Account, api.PathID(r, "id"))
		if p == nil {
			return nil
		}
		name, sort := v.Text(m, "name"), v.Integer(m, "sort")
		main, unsorted := v.Boolean(m, "is_main"), v.Boolean(m, "is_unsorted_on")
		if v.Failed() {
			return nil
		}
		edit.Set(&p.Name, name)
		edit.Set(&p.Sort, sort)
		edit.Set(&p.UnsortedOn, unsorted)
		if main != nil && *main {
			p.Main = true
			world.SetMain(c.Account, p)
		}
		return renderPipeline(r, c.Account, p)
	})
}

// delete answers DELETE /leads/pipelines/{id}. The main one and one with leads stay.
func (s pipelines) delete(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerDeleted(s.State, w, "Pipeline", func() (found, kept bool) {
		a := c.Account
		p := world.PipelineOf(a, api.PathID(r, "id"))
		if p == nil {
			return false, false
		}
		kept = p.Main
		for _, l := range a.Leads {
			kept = kept || l.PipelineID == p.ID && !l.Deleted
		}
		if !kept {
			a.Pipelines = slices.DeleteFunc(slices.Clone(a.Pipelines), func(x *world.Pipeline) bool { return x == p })
		}
		return true, kept
	})
}

// createStatuses answers POST /leads/pipelines/{id}/statuses; new stages go before the closing ones.
func (s pipelines) createStatuses(w http.ResponseWriter, r *http.Request, c api.Caller) {
	items, ok := api.ReadBatch(w, r, maxStatuses)
	if !ok {
		return
	}
	var bad edit.Refusal
	var out []obj
	found := false
	s.State.Write(func(state *world.World) {
		p := world.PipelineOf(c.Account, api.PathID(r, "id"))
		if found = p != nil; !found {
			return
		}
		var made []*world.Status
		if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
			st := &world.Status{Name: edit.Or(v.Required(m, "name"), ""), Color: readColor(v, m), Edit: true}
			if m["sort"] == nil {
				v.Missing("sort")
			}
			st.Sort = edit.Or(v.Integer(m, "sort"), 0)
			if len(p.Statuses)+i >= maxStatuses {
				v.NotExpected("name")
			}
			made = append(made, st)
		}) {
			return
		}
		own := slices.Concat(p.Statuses[1:len(p.Statuses)-2], made)
		sortBy(own, false, func(st *world.Status) (int64, int64) { return st.Sort, st.ID })
		for i, st := range made {
			st.ID = state.TakeID()
			o := renderStatus(r, c.Account, p, st)
			o["request_id"], _ = api.RequestID(items[i], i)
			o["descriptions"] = []obj{}
			out = append(out, o)
		}
		p.Statuses = slices.Concat(p.Statuses[:1], own, p.Statuses[len(p.Statuses)-2:])
	})
	switch {
	case !found:
		api.NotFound(w, "Pipeline")
	case bad.Any():
		bad.Write(w)
	default:
		api.WriteHAL(w, http.StatusOK, obj{"_total_items": len(out), "_embedded": obj{"statuses": out}})
	}
}

// updateStatus answers PATCH …/statuses/{status}. The closing stages can only be renamed.
func (s pipelines) updateStatus(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerEdited(s.State, w, r, c, "Status", func(v edit.Check, m obj) obj {
		p, st := world.StatusOf(c.Account, api.PathID(r, "id"), api.PathID(r, "status"))
		if st == nil {
			return nil
		}
		name, sort := v.Text(m, "name"), v.Integer(m, "sort")
		color := st.Color
		if m["color"] != nil {
			color = readColor(v, m)
		}
		if v.Failed() {
			return nil
		}
		edit.Set(&st.Name, name)
		if st.Edit {
			edit.Set(&st.Sort, sort)
			st.Color = color
		}
		return renderStatus(r, c.Account, p, st)
	})
}

// deleteStatus answers DELETE …/statuses/{status}: its leads move to the first stage.
func (s pipelines) deleteStatus(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerDeleted(s.State, w, "Status", func() (found, kept bool) {
		p, st := world.StatusOf(c.Account, api.PathID(r, "id"), api.PathID(r, "status"))
		if st == nil || !st.Edit || len(p.Statuses) <= 4 {
			return st != nil, true
		}
		p.Statuses = slices.DeleteFunc(slices.Clone(p.Statuses), func(x *world.Status) bool { return x == st })
		for _, l := range c.Account.Leads {
			if l.PipelineID == p.ID && l.StatusID == st.ID {
				l.StatusID = world.FirstStatus(p).ID
			}
		}
		return true, false
	})
}
