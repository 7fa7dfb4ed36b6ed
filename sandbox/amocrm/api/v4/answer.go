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

// answerEdited answers the PATCH of one thing. apply runs under the write lock and returns the answer, nil when there is no such
// thing; it changes nothing once v has failed.
func answerEdited(s *kit.State[world.World], w http.ResponseWriter, r *http.Request, c api.Caller, what string, apply func(v edit.Check, m obj) obj) {
	m, ok := api.ReadObject(w, r)
	if !ok {
		return
	}
	var bad edit.Refusal
	var o obj
	s.Write(func(*world.World) {
		v := edit.NewCheck(c.Account)
		o = apply(v, m)
		bad.Add("0", *v.Errs)
	})
	answerChanged(w, bad, o, what)
}

// answerDeleted answers the DELETE of one thing. drop runs under the write lock; it reports whether there was such a thing, and
// whether it has to stay.
func answerDeleted(s *kit.State[world.World], w http.ResponseWriter, what string, drop func() (found, kept bool)) {
	var found, kept bool
	s.Write(func(*world.World) { found, kept = drop() })
	api.AnswerDeleted(w, found, kept, what)
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

// answerCreated answers a batch of up to most things to make. All are read and checked before the first is put; else none is made.
func answerCreated[T any](d Deps, w http.ResponseWriter, r *http.Request, c api.Caller, most int,
	read func(x edit.Writer, v edit.Check, m obj, i int) T, put func(x edit.Writer, thing T) obj, answer func(out []obj)) {
	items, ok := api.ReadBatch(w, r, most)
	if !ok {
		return
	}
	var bad edit.Refusal
	var out []obj
	d.State.Write(func(state *world.World) {
		x := d.Editor.Writer(state, c.Account, c.User)
		var made []T
		if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) { made = append(made, read(x, v, m, i)) }) {
			return
		}
		for i, thing := range made {
			o := put(x, thing)
			o["request_id"], _ = api.RequestID(items[i], i)
			out = append(out, o)
		}
	})
	answerItems(w, bad, out, false, func() { answer(out) })
}

// change changes the things that items name, all or none, and returns what amoCRM answers of each.
type change func(r *http.Request, c api.Caller, items []obj) ([]obj, edit.Refusal)

// answerPatched answers the PATCH of a list at path, whose items carry their ids.
func answerPatched(w http.ResponseWriter, r *http.Request, c api.Caller, path, key string, apply change) {
	items, ok := api.ReadBatch(w, r, api.MaxWrite)
	if !ok {
		return
	}
	out, bad := apply(r, c, items)
	answerItems(w, bad, out, false, func() { api.AnswerWritten(w, r, path, key, out) })
}

// answerPatchedOne answers the PATCH of one thing with a bare object.
func answerPatchedOne(w http.ResponseWriter, r *http.Request, c api.Caller, id int64, apply change) {
	m, ok := api.ReadObject(w, r)
	if !ok {
		return
	}
	m["id"] = id
	out, bad := apply(r, c, []obj{m})
	answerItems(w, bad, out, true, nil)
}

// answerItems writes the outcome of a change of things: list answers all, else the only one is a bare object.
func answerItems(w http.ResponseWriter, bad edit.Refusal, out []obj, bare bool, list func()) {
	switch {
	case bad.Any():
		bad.Write(w)
	case bare:
		api.WriteHAL(w, http.StatusOK, out[0])
	default:
		list()
	}
}
