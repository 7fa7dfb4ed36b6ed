package amocrm

// wrapStages puts Unsorted before a pipeline's own stages and the two closing ones behind them.
func wrapStages(own []*Status, unsorted, won, lost string) []*Status {
	all := []*Status{{Name: unsorted, Sort: 10, Color: "#c1c1c1", Type: unsortedType}}
	for i, st := range own {
		st.Sort = int64(20 + 10*i)
		all = append(all, st)
	}
	return append(all,
		&Status{ID: statusWon, Name: won, Sort: 10000, Color: "#CCFF66"},
		&Status{ID: statusLost, Name: lost, Sort: 11000, Color: "#D5D8DB"})
}

// addPipeline gives ids and makes it the only main one when it is main.
func addPipeline(w *World, a *Account, p *Pipeline) {
	p.ID = w.takeID()
	for _, st := range p.Statuses {
		if st.ID == 0 {
			st.ID = w.takeID()
		}
	}
	a.Pipelines = append(a.Pipelines, p)
	setMain(a, p)
}

func setMain(a *Account, main *Pipeline) {
	if !main.Main {
		return
	}
	for _, p := range a.Pipelines {
		p.Main = p == main
	}
}

func closed(status int64) bool { return status == statusWon || status == statusLost }

// statusOf finds a stage by the pair that identifies it; both are nil-able.
func statusOf(a *Account, pipelineID, statusID int64) (*Pipeline, *Status) {
	p := pipelineOf(a, pipelineID)
	if p == nil {
		return nil, nil
	}
	for _, st := range p.Statuses {
		if st.ID == statusID {
			return p, st
		}
	}
	return p, nil
}

func pipelineOf(a *Account, id int64) *Pipeline {
	for _, p := range a.Pipelines {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// mainPipeline is where a lead without a pipeline goes.
func mainPipeline(a *Account) *Pipeline {
	for _, p := range a.Pipelines {
		if p.Main {
			return p
		}
	}
	return a.Pipelines[0]
}

// firstStatus is the first stage that is not Unsorted.
func firstStatus(p *Pipeline) *Status {
	for _, st := range p.Statuses {
		if st.Type != unsortedType {
			return st
		}
	}
	return p.Statuses[0]
}

const (
	unsortedType = 1
	statusWon    = 142
	statusLost   = 143
)
