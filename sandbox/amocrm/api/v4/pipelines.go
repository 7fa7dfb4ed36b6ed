package v4

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// maxPipelines and maxStatuses are amoCRM's limits (§3.2).
const (
	maxPipelines = 50
	maxStatuses  = 100
)

const pipelinePath, stagePath = "/leads/pipelines/{id}", "/leads/pipelines/{id}/statuses/{status}"

var pipelineRoutes = []route{
	{"GET", "/leads/pipelines", nil, func(q *call) answer { return answerPipelines(q, rendered(q, q.A.Pipelines, renderPipeline)) }},
	{"POST", "/leads/pipelines", upTo(maxPipelines), createPipelines},
	{"GET", pipelinePath, nil, one("Pipeline", pipelineAt, renderPipeline)},
	{"PATCH", pipelinePath, object(""), edited("Pipeline", pipelineAt, editPipeline, renderPipeline)},
	{"DELETE", pipelinePath, nil, deleted("Pipeline", pipelineAt, deletePipeline)},
	{"GET", pipelinePath + "/statuses", nil, found("Pipeline", pipelineAt, listStages)},
	{"POST", pipelinePath + "/statuses", upTo(maxStatuses), found("Pipeline", pipelineAt, createStages)},
	{"GET", stagePath, nil, found("Pipeline", pipelineAt, getStage)},
	{"PATCH", stagePath, object(""), edited("Status", stageAt, editStage, renderStage)},
	{"DELETE", stagePath, nil, deleted("Status", stageAt, deleteStage)},
}

// pipelineAt is the pipeline that the path names.
func pipelineAt(q *call) *world.Pipeline { return world.PipelineOf(q.A, q.id("id")) }

func answerPipelines(q *call, items []obj) answer {
	o := totalled("pipelines", items)
	o["_links"] = q.self("leads/pipelines")
	return ok(o)
}

var createPipelines = each(always, func(q *call, v edit.Check, m obj, i int) *world.Pipeline {
	p := &world.Pipeline{Name: edit.Or(v.Required(m, "name"), ""), Sort: edit.Or(v.RequiredInteger(m, "sort"), 0)}
	for _, flag := range []struct {
		key string
		to  *bool
	}{{"is_main", &p.Main}, {"is_unsorted_on", &p.UnsortedOn}} {
		if m[flag.key] == nil {
			v.Missing(flag.key)
		}
		*flag.to = edit.Or(v.Boolean(m, flag.key), false)
	}
	if len(q.A.Pipelines)+i >= maxPipelines {
		v.NotExpected("name")
	}
	p.Statuses = readPipelineStages(v, m)
	return p
}, func(q *call, p *world.Pipeline) obj {
	world.AddPipeline(q.W, q.A, p)
	o := renderPipeline(q, p)
	delete(o, "is_archive")
	return o
}, func(q *call) answer { return answerPipelines(q, q.out) })

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

// editPipeline reads a change. The one that becomes the main one is the only such.
func editPipeline(q *call, v edit.Check, m obj, p *world.Pipeline) {
	edit.Set(&p.Name, v.Text(m, "name"))
	edit.Set(&p.Sort, v.Integer(m, "sort"))
	main := edit.Or(v.Boolean(m, "is_main"), false)
	edit.Set(&p.UnsortedOn, v.Boolean(m, "is_unsorted_on"))
	if main && !v.Failed() {
		p.Main = true
		world.SetMain(q.A, p)
	}
}

// deletePipeline deletes it, unless it is the main one or has leads.
func deletePipeline(q *call, p *world.Pipeline) (stays bool) {
	stays = p.Main
	for _, l := range q.A.Leads {
		stays = stays || l.PipelineID == p.ID && !l.Deleted
	}
	if !stays {
		q.A.Pipelines = without(q.A.Pipelines, p)
	}
	return stays
}

// renderPipeline is a pipeline with its stages (EX pipeline-by-id.json).
func renderPipeline(q *call, p *world.Pipeline) obj {
	stages := rendered(q, p.Statuses, func(q *call, st *world.Status) obj {
		o := renderStageOf(q, p.ID, st)
		delete(o, "descriptions")
		return o
	})
	return obj{
		"id": p.ID, "name": p.Name, "sort": p.Sort, "is_main": p.Main, "is_unsorted_on": p.UnsortedOn,
		"is_archive": p.Archive, "account_id": q.A.ID, "_links": q.self("leads/pipelines", p.ID), "_embedded": obj{"statuses": stages},
	}
}

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

// stageAt is the stage that the path names.
func stageAt(q *call) *world.Status {
	_, st := world.StatusOf(q.A, q.id("id"), q.id("status"))
	return st
}

func listStages(q *call, p *world.Pipeline) answer {
	return ok(totalled("statuses", rendered(q, p.Statuses, renderStage)))
}

func getStage(q *call, _ *world.Pipeline) answer { return one("Status", stageAt, renderStage)(q) }

// createStages puts new stages before the closing ones.
func createStages(q *call, p *world.Pipeline) answer {
	var made []*world.Status
	if !q.check(func(v edit.Check, m obj, i int) {
		made = append(made, &world.Status{
			Name: edit.Or(v.Required(m, "name"), ""), Color: readColor(v, m), Edit: true, Sort: edit.Or(v.RequiredInteger(m, "sort"), 0),
		})
		if len(p.Statuses)+i >= maxStatuses {
			v.NotExpected("name")
		}
	}) {
		return nil
	}
	closing := len(p.Statuses) - 2
	own := slices.Concat(p.Statuses[1:closing], made)
	slices.SortFunc(own, func(a, b *world.Status) int { return cmp.Or(cmp.Compare(a.Sort, b.Sort), cmp.Compare(a.ID, b.ID)) })
	p.Statuses = slices.Concat(p.Statuses[:1], own, p.Statuses[closing:])
	for i, st := range made {
		st.ID = q.W.TakeID()
		q.tell(i, always, renderStage(q, st))["descriptions"] = []obj{}
	}
	return ok(totalled("statuses", q.out))
}

// editStage reads a change. The closing stages can only be renamed.
func editStage(_ *call, v edit.Check, m obj, st *world.Status) {
	edit.Set(&st.Name, v.Text(m, "name"))
	sort, color := v.Integer(m, "sort"), st.Color
	if m["color"] != nil {
		color = readColor(v, m)
	}
	if st.Edit {
		edit.Set(&st.Sort, sort)
		st.Color = color
	}
}

// deleteStage deletes a stage: its leads move to the first one.
func deleteStage(q *call, st *world.Status) (stays bool) {
	p := pipelineAt(q)
	if !st.Edit || len(p.Statuses) <= 4 {
		return true
	}
	p.Statuses = without(p.Statuses, st)
	for _, l := range q.A.Leads {
		if l.PipelineID == p.ID && l.StatusID == st.ID {
			l.StatusID = world.FirstStatus(p).ID
		}
	}
	return false
}

// renderStage is a stage of the pipeline that the path names.
func renderStage(q *call, st *world.Status) obj { return renderStageOf(q, q.id("id"), st) }

// renderStageOf is a stage (EX pipeline-status-by-id.json); descriptions only when asked for, and none are kept.
func renderStageOf(q *call, pipeline int64, st *world.Status) obj {
	o := obj{
		"id": st.ID, "name": st.Name, "sort": st.Sort, "is_editable": st.Edit, "pipeline_id": pipeline,
		"color": st.Color, "type": st.Type, "account_id": q.A.ID, "_links": q.self("leads/pipelines", pipeline, "statuses", st.ID),
	}
	q.add(o, obj{"descriptions": []obj{}})
	return o
}
