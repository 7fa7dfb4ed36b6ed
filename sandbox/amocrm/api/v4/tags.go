package v4

import (
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

var tagRoutes = []route{
	{"GET", "/{entity}/tags", nil, list("tags", selectTags, renderTag)},
	{"POST", "/{entity}/tags", batch, createTags},
}

// selectTags applies filter[id], filter[name] and query.
func selectTags(q *call) []*world.Tag {
	query := strings.ToLower(q.f.Get("query"))
	return kept(q.A.Tags[q.kind], func(t *world.Tag) bool {
		return q.f.id("id", t.ID) && q.f.exact("name", t.Name) && strings.Contains(strings.ToLower(t.Name), query)
	})
}

// createTags makes tags; a name that is there already keeps its tag.
var createTags = each(always, func(_ *call, v edit.Check, m obj, _ int) edit.TagRef {
	return edit.TagRef{Name: edit.Or(v.Required(m, "name"), ""), Color: edit.Or(v.Text(m, "color"), "")}
}, func(q *call, ref edit.TagRef) obj {
	return renderTag(q, world.TagNamed(q.W, q.A, q.kind, ref.Name, ref.Color))
}, total(http.StatusOK, "tags"))

func renderTag(_ *call, t *world.Tag) obj {
	return obj{"id": t.ID, "name": t.Name, "color": kit.OrNull(t.Color)}
}
