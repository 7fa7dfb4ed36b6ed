package v4

import (
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func (s tags) routes() []route {
	var t []route
	for _, e := range world.Entities {
		t = append(t,
			route{"GET", "/" + e + "/tags", s.list(e)},
			route{"POST", "/" + e + "/tags", s.create(e)},
		)
	}
	return t
}

// list answers GET /{entity}/tags with filter[id], filter[name] and query.
func (s tags) list(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		f := filters{r.URL.Query()}
		query := strings.ToLower(r.URL.Query().Get("query"))
		answerList(s.State, w, r, "tags", func(*world.World) []*world.Tag {
			var all []*world.Tag
			for _, t := range c.Account.Tags[entity] {
				if f.id("id", t.ID) && f.exact("name", t.Name) && strings.Contains(strings.ToLower(t.Name), query) {
					all = append(all, t)
				}
			}
			return all
		}, func(t *world.Tag) obj { return renderTag(t) })
	}
}

// create answers POST /{entity}/tags; a name that is there already keeps its tag.
func (s tags) create(entity string) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Caller) {
		items, ok := api.ReadBatch(w, r, api.MaxWrite)
		if !ok {
			return
		}
		var bad edit.Refusal
		var out []obj
		s.State.Write(func(state *world.World) {
			var refs []edit.TagRef
			if !bad.Check(c.Account, items, func(v edit.Check, m obj, i int) {
				refs = append(refs, edit.TagRef{Name: edit.Or(v.Required(m, "name"), ""), Color: edit.Or(v.Text(m, "color"), "")})
			}) {
				return
			}
			for i, ref := range refs {
				o := renderTag(world.TagNamed(state, c.Account, entity, ref.Name, ref.Color))
				o["request_id"], _ = api.RequestID(items[i], i)
				out = append(out, o)
			}
		})
		if bad.Any() {
			bad.Write(w)
			return
		}
		api.WriteHAL(w, http.StatusOK, obj{"_total_items": len(out), "_embedded": obj{"tags": out}})
	}
}

func renderTag(t *world.Tag) obj { return obj{"id": t.ID, "name": t.Name, "color": nullable(t.Color)} }
