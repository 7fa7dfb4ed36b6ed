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
		answerCreated(Deps(s), w, r, c, api.MaxWrite, func(_ edit.Writer, v edit.Check, m obj, _ int) edit.TagRef {
			return edit.TagRef{Name: edit.Or(v.Required(m, "name"), ""), Color: edit.Or(v.Text(m, "color"), "")}
		}, func(x edit.Writer, ref edit.TagRef) obj {
			return renderTag(world.TagNamed(x.W, c.Account, entity, ref.Name, ref.Color))
		}, func(out []obj) {
			api.WriteHAL(w, http.StatusOK, obj{"_total_items": len(out), "_embedded": obj{"tags": out}})
		})
	}
}

func renderTag(t *world.Tag) obj { return obj{"id": t.ID, "name": t.Name, "color": nullable(t.Color)} }
