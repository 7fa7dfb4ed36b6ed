package v4

import (
	"cmp"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/kit"
)

func ok(body any) answer { return hal(http.StatusOK, body) }

func hal(status int, body any) answer {
	return func(w http.ResponseWriter) { api.WriteAs(w, "application/hal+json", status, body) }
}

func missing(what string) answer {
	return func(w http.ResponseWriter) { api.NotFound(w, what) }
}

func badRequest(detail string) answer {
	return func(w http.ResponseWriter) { api.BadRequest(w, detail) }
}

// list answers a page of what all selects.
func list[T any](key string, all func(*call) []T, render func(*call, T) obj) handler {
	return paged(key, false, all, render)
}

// counted is list for one that tells its totals: users, custom fields, loss reasons.
func counted[T any](key string, all func(*call) []T, render func(*call, T) obj) handler {
	return paged(key, true, all, render)
}

func paged[T any](key string, totals bool, all func(*call) []T, render func(*call, T) obj) handler {
	return func(q *call) answer {
		p, over := q.page(maxLimit)
		if over != nil {
			return over
		}
		return answerPage(q, p, key, totals, all(q), render)
	}
}

// rendered is what an answer tells of each thing.
func rendered[T any](q *call, things []T, render func(*call, T) obj) []obj {
	return kit.Each(things, func(_ int, x T) obj { return render(q, x) })
}

// totalled is a list that has no pages.
func totalled(key string, items []obj) obj {
	return obj{"_total_items": len(items), "_embedded": obj{key: items}}
}

// found answers for the thing that find finds, or 404.
func found[T any](what string, find func(*call) *T, then func(*call, *T) answer) handler {
	return func(q *call) answer {
		if x := find(q); x != nil {
			return then(q, x)
		}
		return missing(what)
	}
}

// one answers the thing itself.
func one[T any](what string, find func(*call) *T, render func(*call, *T) obj) handler {
	return found(what, find, func(q *call, x *T) answer { return ok(render(q, x)) })
}

// edited answers the PATCH of one thing. change edits a copy, which takes the thing's place if nothing is wrong.
func edited[T any](
	what string, find func(*call) *T, change func(q *call, v edit.Check, m obj, next *T), render func(*call, *T) obj,
) handler {
	return found(what, find, func(q *call, x *T) answer {
		v, next := edit.NewCheck(q.A), *x
		if change(q, v, q.items[0], &next); v.Failed() {
			q.bad.Add("0", *v.Errs)
			return nil
		}
		*x = next
		return ok(render(q, x))
	})
}

// deleted answers the DELETE of one thing. drop reports whether it has to stay.
func deleted[T any](what string, find func(*call) *T, drop func(q *call, x *T) (stays bool)) handler {
	return found(what, find, func(q *call, x *T) answer {
		if drop(q, x) {
			return badRequest(what + " can not be deleted")
		}
		return nil
	})
}

// each answers a write of several things. All items are read and checked before the first is put; if anything is wrong none is.
func each[T any](ids int, read func(q *call, v edit.Check, m obj, i int) T, put func(q *call, x T) obj, answered handler) handler {
	return func(q *call) answer {
		var things []T
		if !q.check(func(v edit.Check, m obj, i int) { things = append(things, read(q, v, m, i)) }) {
			return nil
		}
		for i, x := range things {
			q.tell(i, ids, put(q, x))
		}
		return answered(q)
	}
}

// check reads all items, keeps what is wrong with them and reports whether nothing is.
func (q *call) check(read func(v edit.Check, m obj, i int)) bool {
	return q.bad.Check(q.A, q.items, read)
}

// written answers what was made or changed, in the order it was sent: things of the kind, or of a list below it.
func written(below string) handler {
	return func(q *call) answer {
		if q.bare {
			return ok(q.out[0])
		}
		address := []any{q.kind}
		if below != "" {
			address = append(address, below)
		}
		return ok(obj{"_links": q.self(address...), "_embedded": obj{cmp.Or(below, q.kind): q.out}})
	}
}

// total answers it as a list that has no pages.
func total(status int, key string) handler {
	return func(q *call) answer {
		if q.bare {
			return ok(q.out[0])
		}
		return hal(status, totalled(key, q.out))
	}
}
