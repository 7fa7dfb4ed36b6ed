package amocrm

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// maxPipelines and maxStatuses are amoCRM's limits (§3.2).
const (
	maxPipelines = 50
	maxStatuses  = 100
)

func (s pipelines) routes() []route {
	return []route{
		{"GET", "/leads/pipelines", s.listPipelines},
		{"POST", "/leads/pipelines", s.gate.forAdmins(s.createPipelines)},
		{"GET", "/leads/pipelines/{id}", s.getPipeline},
		{"PATCH", "/leads/pipelines/{id}", s.gate.forAdmins(s.updatePipeline)},
		{"DELETE", "/leads/pipelines/{id}", s.gate.forAdmins(s.deletePipeline)},
		{"GET", "/leads/pipelines/{id}/statuses", s.listStatuses},
		{"POST", "/leads/pipelines/{id}/statuses", s.gate.forAdmins(s.createStatuses)},
		{"GET", "/leads/pipelines/{id}/statuses/{status}", s.getStatus},
		{"PATCH", "/leads/pipelines/{id}/statuses/{status}", s.gate.forAdmins(s.updateStatus)},
		{"DELETE", "/leads/pipelines/{id}/statuses/{status}", s.gate.forAdmins(s.deleteStatus)},
	}
}

// listPipelines answers GET /leads/pipelines with their stages.
func (s pipelines) listPipelines(w http.ResponseWriter, r *http.Request, c caller) {
	var items []obj
	s.state.Read(func(*World) {
		for _, p := range c.account.Pipelines {
			items = append(items, renderPipeline(r, c.account, p))
		}
	})
	answerPipelines(w, r, items)
}

func answerPipelines(w http.ResponseWriter, r *http.Request, items []obj) {
	writeHAL(w, http.StatusOK, obj{
		"_total_items": len(items), "_links": selfLink(apiURL(r, "/leads/pipelines")),
		"_embedded": obj{"pipelines": items},
	})
}

// getPipeline answers GET /leads/pipelines/{id}; an unknown one is 404, unlike leads.
func (s pipelines) getPipeline(w http.ResponseWriter, r *http.Request, c caller) {
	var o obj
	s.state.Read(func(*World) {
		if p := pipelineOf(c.account, pathID(r, "id")); p != nil {
			o = renderPipeline(r, c.account, p)
		}
	})
	if o == nil {
		notFound(w, "Pipeline")
		return
	}
	writeHAL(w, http.StatusOK, o)
}

// listStatuses answers GET /leads/pipelines/{id}/statuses.
func (s pipelines) listStatuses(w http.ResponseWriter, r *http.Request, c caller) {
	var items []obj
	s.state.Read(func(*World) {
		if p := pipelineOf(c.account, pathID(r, "id")); p != nil {
			for _, st := range p.Statuses {
				items = append(items, renderStatus(r, c.account, p, st))
			}
		}
	})
	if items == nil {
		notFound(w, "Pipeline")
		return
	}
	writeHAL(w, http.StatusOK, obj{"_total_items": len(items), "_embedded": obj{"statuses": items}})
}

// getStatus answers GET /leads/pipelines/{id}/statuses/{status}.
func (s pipelines) getStatus(w http.ResponseWriter, r *http.Request, c caller) {
	var o obj
	what := "Pipeline"
	s.state.Read(func(*World) {
		p, st := statusOf(c.account, pathID(r, "id"), pathID(r, "status"))
		if p != nil {
			what = "Status"
		}
		if st != nil {
			o = renderStatus(r, c.account, p, st)
		}
	})
	if o == nil {
		notFound(w, what)
		return
	}
	writeHAL(w, http.StatusOK, o)
}

// createPipelines answers POST /leads/pipelines.
func (s pipelines) createPipelines(w http.ResponseWriter, r *http.Request, c caller) {
	items, ok := readBatch(w, r, maxPipelines)
	if !ok {
		return
	}
	var bad refusal
	var out []obj
	s.state.Write(func(state *World) {
		var made []*Pipeline
		for i, m := range items {
			v := newCheck(c.account)
			p := &Pipeline{Name: or(v.required(m, "name"), "")}
			if m["sort"] == nil {
				v.missing("sort")
			}
			p.Sort = or(v.integer(m, "sort"), 0)
			for key, to := range map[string]*bool{"is_main": &p.Main, "is_unsorted_on": &p.UnsortedOn} {
				if m[key] == nil {
					v.missing(key)
				}
				*to = or(v.boolean(m, key), false)
			}
			if len(c.account.Pipelines)+i >= maxPipelines {
				v.notExpected("name")
			}
			p.Statuses = readPipelineStages(v, m)
			rid, _ := requestID(m, i)
			bad.add(rid, *v.errs)
			made = append(made, p)
		}
		if bad.any() {
			return
		}
		for i, p := range made {
			addPipeline(state, c.account, p)
			o := renderPipeline(r, c.account, p)
			delete(o, "is_archive")
			o["request_id"], _ = requestID(items[i], i)
			out = append(out, o)
		}
	})
	if bad.any() {
		bad.write(w)
		return
	}
	answerPipelines(w, r, out)
}

// readPipelineStages reads _embedded.statuses of a new pipeline; 142 and 143 are there to be renamed.
func readPipelineStages(v check, m obj) []*Status {
	names := map[int64]string{statusWon: "Успешно реализовано", statusLost: "Закрыто и не реализовано"}
	var own []*Status
	v.embedded(m, "statuses", func(at check, el obj, i int) {
		name := at.required(el, "name")
		if id := at.integer(el, "id"); id != nil {
			if _, known := names[*id]; !known {
				at.choice("id")
			}
			names[*id] = or(name, "")
			return
		}
		own = append(own, &Status{Name: or(name, ""), Sort: or(at.integer(el, "sort"), int64(20+10*i)),
			Color: readColor(at, el), Edit: true})
	})
	slices.SortStableFunc(own, func(a, b *Status) int { return cmp.Compare(a.Sort, b.Sort) })
	return wrapStages(own, "Неразобранное", names[statusWon], names[statusLost])
}

// renderPipeline is a pipeline with its stages (EX pipeline-by-id.json).
func renderPipeline(r *http.Request, a *Account, p *Pipeline) obj {
	var stages []obj
	for _, st := range p.Statuses {
		o := renderStatus(r, a, p, st)
		delete(o, "descriptions")
		stages = append(stages, o)
	}
	return obj{
		"id": p.ID, "name": p.Name, "sort": p.Sort, "is_main": p.Main, "is_unsorted_on": p.UnsortedOn,
		"is_archive": p.Archive, "account_id": a.ID,
		"_links":    selfLink(apiURL(r, fmt.Sprintf("/leads/pipelines/%d", p.ID))),
		"_embedded": obj{"statuses": stages},
	}
}

// renderStatus is a stage (EX pipeline-status-by-id.json); descriptions only when asked for, and none are kept.
func renderStatus(r *http.Request, a *Account, p *Pipeline, st *Status) obj {
	o := obj{
		"id": st.ID, "name": st.Name, "sort": st.Sort, "is_editable": st.Edit, "pipeline_id": p.ID,
		"color": st.Color, "type": st.Type, "account_id": a.ID,
		"_links": selfLink(apiURL(r, fmt.Sprintf("/leads/pipelines/%d/statuses/%d", p.ID, st.ID))),
	}
	if withSet(r)["descriptions"] {
		o["descriptions"] = []obj{}
	}
	return o
}
