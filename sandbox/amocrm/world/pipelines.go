package world

import (
	"cmp"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// The type of the stage Unsorted, and the ids of the two closing stages of every pipeline.
const (
	UnsortedType = 1
	StatusWon    = 142
	StatusLost   = 143
)

// Closed reports whether a stage is one of the two that end a lead.
func Closed(status int64) bool { return status == StatusWon || status == StatusLost }

// StatusOf finds a stage by the pair that identifies it; both are nil-able.
func StatusOf(a *Account, pipelineID, statusID int64) (*Pipeline, *Status) {
	p := PipelineOf(a, pipelineID)
	if p == nil {
		return nil, nil
	}
	return p, kit.First(p.Statuses, func(st *Status) bool { return st.ID == statusID })
}

// PipelineOf returns nil for an unknown pipeline.
func PipelineOf(a *Account, id int64) *Pipeline {
	return kit.First(a.Pipelines, func(p *Pipeline) bool { return p.ID == id })
}

// MainPipeline is where a lead without a pipeline goes.
func MainPipeline(a *Account) *Pipeline {
	return cmp.Or(kit.First(a.Pipelines, func(p *Pipeline) bool { return p.Main }), a.Pipelines[0])
}

// FirstStatus is the first stage that is not Unsorted.
func FirstStatus(p *Pipeline) *Status {
	return cmp.Or(kit.First(p.Statuses, func(st *Status) bool { return st.Type != UnsortedType }), p.Statuses[0])
}

// WrapStages puts Unsorted before a pipeline's own stages and the two closing ones behind them.
func WrapStages(own []*Status, unsorted, won, lost string) []*Status {
	all := []*Status{{Name: unsorted, Sort: 10, Color: "#c1c1c1", Type: UnsortedType}}
	for i, st := range own {
		st.Sort = int64(20 + 10*i)
		all = append(all, st)
	}
	return append(all,
		&Status{ID: StatusWon, Name: won, Sort: 10000, Color: "#CCFF66"},
		&Status{ID: StatusLost, Name: lost, Sort: 11000, Color: "#D5D8DB"})
}

// AddPipeline gives ids and makes it the only main one when it is main.
func AddPipeline(w *World, a *Account, p *Pipeline) {
	p.ID = w.TakeID()
	for _, st := range p.Statuses {
		if st.ID == 0 {
			st.ID = w.TakeID()
		}
	}
	a.Pipelines = append(a.Pipelines, p)
	SetMain(a, p)
}

// SetMain makes a pipeline that is to be the main one the only such.
func SetMain(a *Account, main *Pipeline) {
	if !main.Main {
		return
	}
	for _, p := range a.Pipelines {
		p.Main = p == main
	}
}
