package world

import (
	"github.com/sidecard/sidecard/sandbox/kit"
)

// Load reads the state file. No file, or no name, is no world.
func Load(path string) (*World, error) {
	w, err := kit.Load(path, "local amoCRM", func(w *World) bool {
		return len(w.Accounts) > 0 && len(w.SigningKey) > 0 && w.Integrations != nil && w.Codes != nil && w.Refresh != nil && w.Access != nil
	})
	if w != nil {
		w.restoreNumbers()
	}
	return w, err
}

// restoreNumbers gives free-form values the types they had before they were saved: whole numbers are int64, as the
// API stores them, and not float64, as JSON would have them.
func (w *World) restoreNumbers() {
	for _, a := range w.Accounts {
		for _, c := range a.Companies {
			restoreFields(c.Fields)
		}
		for _, c := range a.Contacts {
			restoreFields(c.Fields)
		}
		for _, l := range a.Leads {
			restoreFields(l.Fields)
		}
		for _, c := range a.Catalogs {
			for _, e := range c.Elements {
				restoreFields(e.Fields)
			}
		}
		for _, n := range a.Notes {
			restoreMap(n.Params)
		}
		for _, e := range a.Events {
			e.After, e.Before = restoreRaw(e.After), restoreRaw(e.Before)
		}
		for _, u := range a.Unsorted {
			u.Metadata = restoreRaw(u.Metadata)
		}
	}
}
