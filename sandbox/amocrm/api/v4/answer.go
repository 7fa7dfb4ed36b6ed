package v4

import (
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// answerList answers a page of what all selects. Both functions run under the read lock.
func answerList[T any](s *kit.State[world.World], w http.ResponseWriter, r *http.Request, key string, all func(*world.World) []T, render func(T) obj) {
	if p, ok := api.ReadPage(w, r, api.DefaultLimit, api.MaxLimit); ok {
		items, more, _ := readPart(s, p, all, render)
		api.AnswerPage(w, r, p, key, items, more)
	}
}

// answerCounted is answerList for a list that tells its totals: users, custom fields, loss reasons.
func answerCounted[T any](s *kit.State[world.World], w http.ResponseWriter, r *http.Request, key string, all func(*world.World) []T, render func(T) obj) {
	if p, ok := api.ReadPage(w, r, api.DefaultLimit, api.MaxLimit); ok {
		items, more, total := readPart(s, p, all, render)
		api.AnswerCounted(w, r, p, key, items, more, total)
	}
}

// readPart renders a page of what all selects and reports whether something follows it.
func readPart[T any](s *kit.State[world.World], p api.Page, all func(*world.World) []T, render func(T) obj) (items []obj, more bool, total int) {
	s.Read(func(state *world.World) {
		list := all(state)
		var part []T
		part, more = api.SlicePage(list, p)
		for _, x := range part {
			items = append(items, render(x))
		}
		total = len(list)
	})
	return items, more, total
}

// answerOne answers the thing that find renders under the read lock, or 404.
func answerOne(s *kit.State[world.World], w http.ResponseWriter, what string, find func() obj) {
	var o obj
	s.Read(func(*world.World) { o = find() })
	answerChanged(w, edit.Refusal{}, o, what)
}

// answerChanged writes the outcome of a change of one thing.
func answerChanged(w http.ResponseWriter, bad edit.Refusal, o obj, what string) {
	switch {
	case bad.Any():
		bad.Write(w)
	case o == nil:
		api.NotFound(w, what)
	default:
		api.WriteHAL(w, http.StatusOK, o)
	}
}
