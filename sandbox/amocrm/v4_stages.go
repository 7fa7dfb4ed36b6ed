package amocrm

import (
	"net/http"
	"slices"
	"strings"
)

// stageColors are the colours that a stage may be given (amocrm.md §3.2); answers hold others too.
var stageColors = strings.Fields("#fffeb2 #fffd7f #fff000 #ffeab2 #ffdc7f #ffce5a #ffdbdb #ffc8c8 #ff8f92 #d6eaff #c1e0ff " +
	"#98cbff #ebffb1 #deff81 #87f2c0 #f9deff #f3beff #ccc8f9 #eb93ff #f2f3f4 #e6e8ea")

// readColor reads a stage's colour; the first of the palette is the default.
func readColor(v check, m obj) string {
	c := v.text(m, "color")
	if c == nil {
		return stageColors[0]
	}
	if !slices.Contains(stageColors, strings.ToLower(*c)) {
		v.choice("color")
	}
	return *c
}

// updatePipeline answers PATCH /leads/pipelines/{id}.
func (s pipelines) updatePipeline(w http.ResponseWriter, r *http.Request, c caller) {
	m, ok := readObject(w, r)
	if !ok {
		return
	}
	var bad refusal
	var o obj
	s.state.Write(func(*World) {
		p := pipelineOf(c.account, pathID(r, "id"))
		if p == nil {
			return
		}
		v := newCheck(c.account)
		name, sort := v.text(m, "name"), v.integer(m, "sort")
		main, unsorted := v.boolean(m, "is_main"), v.boolean(m, "is_unsorted_on")
		if bad.add("0", *v.errs); bad.any() {
			return
		}
		set(&p.Name, name)
		set(&p.Sort, sort)
		set(&p.UnsortedOn, unsorted)
		if main != nil && *main {
			p.Main = true
			setMain(c.account, p)
		}
		o = renderPipeline(r, c.account, p)
	})
	answerChanged(w, bad, o, "Pipeline")
}

// deletePipeline answers DELETE /leads/pipelines/{id}. The main one and one with leads stay.
func (s pipelines) deletePipeline(w http.ResponseWriter, r *http.Request, c caller) {
	var found, kept bool
	s.state.Write(func(*World) {
		a := c.account
		p := pipelineOf(a, pathID(r, "id"))
		if found = p != nil; !found {
			return
		}
		kept = p.Main
		for _, l := range a.Leads {
			kept = kept || l.PipelineID == p.ID && !l.Deleted
		}
		if !kept {
			a.Pipelines = slices.DeleteFunc(slices.Clone(a.Pipelines), func(x *Pipeline) bool { return x == p })
		}
	})
	answerDeleted(w, found, kept, "Pipeline")
}

// createStatuses answers POST /leads/pipelines/{id}/statuses; new stages go before the closing ones.
func (s pipelines) createStatuses(w http.ResponseWriter, r *http.Request, c caller) {
	items, ok := readBatch(w, r, maxStatuses)
	if !ok {
		return
	}
	var bad refusal
	var out []obj
	found := false
	s.state.Write(func(state *World) {
		p := pipelineOf(c.account, pathID(r, "id"))
		if found = p != nil; !found {
			return
		}
		var made []*Status
		for i, m := range items {
			v := newCheck(c.account)
			st := &Status{Name: or(v.required(m, "name"), ""), Color: readColor(v, m), Edit: true}
			if m["sort"] == nil {
				v.missing("sort")
			}
			st.Sort = or(v.integer(m, "sort"), 0)
			if len(p.Statuses)+i >= maxStatuses {
				v.notExpected("name")
			}
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
			made = append(made, st)
		}
		if bad.any() {
			return
		}
		own := slices.Concat(p.Statuses[1:len(p.Statuses)-2], made)
		sortBy(own, false, func(st *Status) (int64, int64) { return st.Sort, st.ID })
		for i, st := range made {
			st.ID = state.takeID()
			o := renderStatus(r, c.account, p, st)
			o["request_id"], _ = requestID(items[i], i)
			o["descriptions"] = []obj{}
			out = append(out, o)
		}
		p.Statuses = slices.Concat(p.Statuses[:1], own, p.Statuses[len(p.Statuses)-2:])
	})
	switch {
	case !found:
		notFound(w, "Pipeline")
	case bad.any():
		bad.write(w)
	default:
		writeHAL(w, http.StatusOK, obj{"_total_items": len(out), "_embedded": obj{"statuses": out}})
	}
}

// updateStatus answers PATCH …/statuses/{status}. The closing stages can only be renamed.
func (s pipelines) updateStatus(w http.ResponseWriter, r *http.Request, c caller) {
	m, ok := readObject(w, r)
	if !ok {
		return
	}
	var bad refusal
	var o obj
	s.state.Write(func(*World) {
		p, st := statusOf(c.account, pathID(r, "id"), pathID(r, "status"))
		if st == nil {
			return
		}
		v := newCheck(c.account)
		name, sort := v.text(m, "name"), v.integer(m, "sort")
		color := st.Color
		if m["color"] != nil {
			color = readColor(v, m)
		}
		if bad.add("0", *v.errs); bad.any() {
			return
		}
		set(&st.Name, name)
		if st.Edit {
			set(&st.Sort, sort)
			st.Color = color
		}
		o = renderStatus(r, c.account, p, st)
	})
	answerChanged(w, bad, o, "Status")
}

// deleteStatus answers DELETE …/statuses/{status}: its leads move to the first stage.
func (s pipelines) deleteStatus(w http.ResponseWriter, r *http.Request, c caller) {
	var found, kept bool
	s.state.Write(func(*World) {
		p, st := statusOf(c.account, pathID(r, "id"), pathID(r, "status"))
		if found = st != nil; !found {
			return
		}
		if kept = !st.Edit || len(p.Statuses) <= 4; kept {
			return
		}
		p.Statuses = slices.DeleteFunc(slices.Clone(p.Statuses), func(x *Status) bool { return x == st })
		for _, l := range c.account.Leads {
			if l.PipelineID == p.ID && l.StatusID == st.ID {
				l.StatusID = firstStatus(p).ID
			}
		}
	})
	answerDeleted(w, found, kept, "Status")
}

// answerChanged writes the outcome of a change of one thing.
func answerChanged(w http.ResponseWriter, bad refusal, o obj, what string) {
	switch {
	case bad.any():
		bad.write(w)
	case o == nil:
		notFound(w, what)
	default:
		writeHAL(w, http.StatusOK, o)
	}
}
