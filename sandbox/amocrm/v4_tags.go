package amocrm

import (
	"net/http"
	"strings"
)

func (s tags) routes() []route {
	var t []route
	for _, e := range entities {
		t = append(t,
			route{"GET", "/" + e + "/tags", s.listTags(e)},
			route{"POST", "/" + e + "/tags", s.createTags(e)},
		)
	}
	return t
}

// listTags answers GET /{entity}/tags with filter[id], filter[name] and query.
func (s tags) listTags(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		p, ok := readPage(w, r, defaultLimit, maxLimit)
		if !ok {
			return
		}
		f := filters{r.URL.Query()}
		query := strings.ToLower(r.URL.Query().Get("query"))
		var items []obj
		var more bool
		s.state.Read(func(*World) {
			var all []*Tag
			for _, t := range c.account.Tags[entity] {
				if f.id("id", t.ID) && f.exact("name", t.Name) && strings.Contains(strings.ToLower(t.Name), query) {
					all = append(all, t)
				}
			}
			var part []*Tag
			part, more = slicePage(all, p)
			for _, t := range part {
				items = append(items, renderTag(t))
			}
		})
		answerPage(w, r, p, "tags", items, more)
	}
}

// createTags answers POST /{entity}/tags; a name that is there already keeps its tag.
func (s tags) createTags(entity string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		var bad refusal
		var out []obj
		s.state.Write(func(state *World) {
			var refs []tagRef
			for i, m := range items {
				v := newCheck(c.account)
				refs = append(refs, tagRef{name: or(v.required(m, "name"), ""), color: or(v.text(m, "color"), "")})
				rid, _ := requestID(m, i)
				bad.add(rid, *v.errs)
			}
			if bad.any() {
				return
			}
			for i, ref := range refs {
				o := renderTag(tagNamed(state, c.account, entity, ref.name, ref.color))
				o["request_id"], _ = requestID(items[i], i)
				out = append(out, o)
			}
		})
		if bad.any() {
			bad.write(w)
			return
		}
		writeHAL(w, http.StatusOK, obj{"_total_items": len(out), "_embedded": obj{"tags": out}})
	}
}

func renderTag(t *Tag) obj { return obj{"id": t.ID, "name": t.Name, "color": nullable(t.Color)} }
