package v4

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// maxPipelines and maxStatuses are amoCRM's limits (§3.2).
const (
	maxPipelines = 50
	maxStatuses  = 100
)

func (s pipelines) routes() []route {
	return []route{
		{"GET", "/leads/pipelines", s.list},
		{"POST", "/leads/pipelines", s.Gate.ForAdmins(s.create)},
		{"GET", "/leads/pipelines/{id}", s.get},
		{"PATCH", "/leads/pipelines/{id}", s.Gate.ForAdmins(s.update)},
		{"DELETE", "/leads/pipelines/{id}", s.Gate.ForAdmins(s.delete)},
		{"GET", "/leads/pipelines/{id}/statuses", s.listStatuses},
		{"POST", "/leads/pipelines/{id}/statuses", s.Gate.ForAdmins(s.createStatuses)},
		{"GET", "/leads/pipelines/{id}/statuses/{status}", s.getStatus},
		{"PATCH", "/leads/pipelines/{id}/statuses/{status}", s.Gate.ForAdmins(s.updateStatus)},
		{"DELETE", "/leads/pipelines/{id}/statuses/{status}", s.Gate.ForAdmins(s.deleteStatus)},
	}
}

// list answers GET /leads/pipelines with their stages.
func (s pipelines) list(w http.ResponseWriter, r *http.Request, c api.Caller) {
	var items []obj
	s.State.Read(func(*world.World) {
		for _, p := range c.Account.Pipelines {
			items = append(items, renderPipeline(r, c.Account, p))
		}
	})
	answerPipelines(w, r, items)
}

func answerPipelines(w http.ResponseWriter, r *http.Request, items []obj) {
	api.WriteHAL(w, http.StatusOK, obj{
		"_total_items": len(items), "_links": api.SelfLink(api.URL(r, "/leads/pipelines")),
		"_embedded": obj{"pipelines": items},
	})
}

// get answers GET /leads/pipelines/{id}; an unknown one is 404, unlike leads.
func (s pipelines) get(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerOne(s.State, w, "Pipeline", func() obj {
		if p := world.PipelineOf(c.Account, api.PathID(r, "id")); p != nil {
			return renderPipeline(r, c.Account, p)
		}
		return nil
	})
}

// listStatuses answers GET /leads/pipelines/{id}/statuses.
func (s pipelines) listStatuses(w http.ResponseWriter, r *http.Request, c api.Caller) {
	var items []obj
	s.State.Read(func(*world.World) {
		if p := world.PipelineOf(c.Account, api.PathID(r, "id")); p != nil {
			for _, st := range p.Statuses {
				items = append(items, renderStatus(r, c.Account, p, st))
			}
		}
	})
	if items == nil {
		api.NotFound(w, "Pipeline")
		return
	}
	api.WriteHAL(w, http.StatusOK, obj{"_total_items": len(items), "_embedded": obj{"statuses": items}})
}

// getStatus answers GET /leads/pipelines/{id}/statuses/{status}.
func (s pipelines) getStatus(w http.ResponseWriter, r *http.Request, c api.Caller) {
	var o obj
	what := "Pipeline"
	s.State.Read(func(*world.World) {
		p, st := world.StatusOf(c.Account, api.PathID(r, "id"), api.PathID(r, "status"))
		if p != nil {
			what = "Status"
		}
		if st != nil {
			o = renderStatus(r, c.Account, p, st)
		}
	})
	if o == nil {
		api.NotFound(w, what)
		return
	}
	api.WriteHAL(w, http.StatusOK, o)
}

// create answers POST /leads/pipelines.
func (s pipelines) create(w http.ResponseWriter, r *http.Request, c api.Caller) {
	answerCreated(Deps(s), w, r, c, maxPipelines, func(_ edit.Writer, v edit.Check, m obj, i int) *world.Pipeline {
		p := &world.Pipeline{Name: edit.Or(v.Required(m, "name"), "")}
		if m["sort"] == nil {
			v.Missing("sort")
		}
		p.Sort = edit.Or(v.Integer(m, "sort"), 0)
		for key, to := range map[string]*bool{"is_main": &p.Main, "is_unsorted_on": &p.UnsortedOn} {
			if m[key] == nil {
				v.Missing(key)
			}
			*to = edit.Or(v.Boolean(m, key), false)
		}
		if len(c.Account.Pipelines)+i >= maxPipelines {
			v.NotExpected("name")
		}
		p.Statuses = readPipelineStages(v, m)
		return p
	}, func(x edit.Writer, p *world.Pipeline) obj {
		world.AddPipeline(x.W, c.Account, p)
		o := renderPipeline(r, c.Account, p)
		delete(o, "is_archive")
		return o
	}, func(out []obj) { answerPipelines(w, r, out) })
}

// readPipelineStages reads _embedded.statuses of a new pipeline; 142 and 143 are there to be renamed.
func readPipelineStages(v edit.Check, m obj) []*world.Status {
	names := map[int64]string{world.StatusWon: "Успешно реализовано", world.StatusLost: "Закрыто и не реализовано"}
	var own []*world.Status
	v.Embedded(m, "statuses", func(at edit.Check, el obj, i int) {
		name := at.Required(el, "name")
		if id := at.Integer(el, "id"); id != nil {
			if _, known := names[*id]; !known {
				at.Choice("id")
			}
			names[*id] = edit.Or(name, "")
			return
		}
		own = append(own, &world.Status{Name: edit.Or(name, ""), Sort: edit.Or(at.Integer(el, "sort"), int64(20+10*i)),
			Color: readColor(at, el), Edit: true})
	})
	slices.SortStableFunc(own, func(a, b *world.Status) int { return cmp.Compare(a.Sort, b.Sort) })
	return world.WrapStages(own, "Неразобранное", names[world.StatusWon], names[world.StatusLost])
}

// renderPipeline is a pipeline with its stages (EX pipeline-by-id.json).
func renderPipeline(r *http.Request, a *world.Account, p *world.Pipeline) obj {
	var stages []obj
	for _, st := range p.Statuses {
		o := renderStatus(r, a, p, st)
		delete(o, "descriptions")
		stages = append(stages, o)
	}
	return obj{
		"id": p.ID, "name": p.Name, "sort": p.Sort, "is_main": p.Main, "is_unsorted_on": p.UnsortedOn,
		"is_archive": p.Archive, "account_id": a.ID,
		"_links":    api.SelfLink(api.URL(r, fmt.Sprintf("/leads/pipelines/%d", p.ID))),
		"_embedded": obj{"statuses": stages},
	}
}

// renderStatus is a stage (EX pipeline-status-by-id.json); descriptions only when asked for, and none are kept.
func renderStatus(r *http.Request, a *world.Account, p *world.Pipeline, st *world.Status) obj {
	o := obj{
		"id": st.ID, "name": st.Name, "sort": st.Sort, "is_editable": st.Edit, "pipeline_id": p.ID,
		"color": st.Color, "type": st.Type, "account_id": a.ID,
		"_links": api.SelfLink(api.URL(r, fmt.Sprintf("/leads/pipelines/%d/statuses/%d", p.ID, st.ID))),
	}
	if api.WithSet(r)["descriptions"] {
		o["descriptions"] = []obj{}
	}
	return o
}
