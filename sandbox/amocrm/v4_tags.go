package amocrm

import (
	"net/http"
	"strings"
)

func (s tags) routes() []route {
	var t []route
	for _, e := range Entities {
		t = append(t,
			route{"GET", "/" + e + "/tags", s.listTags(e)},
			route{"POST", "/" + e + "/tags", s.createTags(e)},
		)
	}
	return t
}

// listTags answers GET /{entity}/tags with filter[id], filter[name] and query.
func (s tags) listTags(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		p, ok := ReadPage(w, r, DefaultLimit, MaxLimit)
		if !ok {
			return
		}
		f := filters{r.URL.Query()}
		query := strings.ToLower(r.URL.Query().Get("query"))
		var items []obj
		var more bool
		s.State.Read(func(*World) {
			var all []*Tag
			for _, t := range c.Account.Tags[entity] {
				if f.id("id", t.ID) && f.exact("name", t.Name) && strings.Contains(strings.ToLower(t.Name), query) {
					all = append(all, t)
				}
			}
			var part []*Tag
			part, more = SlicePage(all, p)
			for _, t := range part {
				items = append(items, renderTag(t))
			}
		})
		AnswerPage(w, r, p, "tags", items, more)
	}
}

// createTags answers POST /{entity}/tags; a name that is there already keeps its tag.
func (s tags) createTags(entity string) ApiHandler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		items, ok := ReadBatch(w, r, MaxWrite)
		if !ok {
			return
		}
		var bad Refusal
		var out []obj
		s.State.Write(func(state *World) {
			var refs []TagRef
			for i, m := range items {
				v := NewCheck(c.Account)
				refs = append(refs, TagRef{Name: Or(v.Required(m, "name"), ""), Color: Or(v.Text(m, "color"), "")})
				rid, _ := RequestID(m, i)
				bad.Add(rid, *v.Errs)
			}
			if bad.Any() {
				return
			}
			for i, ref := range refs {
				o := renderTag(TagNamed(state, c.Account, entity, ref.Name, ref.Color))
				o["request_id"], _ = RequestID(items[i], i)
				out = append(out, o)
			}
		})
		if bad.Any() {
			bad.Write(w)
			return
		}
		WriteHAL(w, http.StatusOK, obj{"_total_items": len(out), "_embedded": obj{"tags": out}})
	}
}

func renderTag(t *Tag) obj { return obj{"id": t.ID, "name": t.Name, "color": nullable(t.Color)} }
