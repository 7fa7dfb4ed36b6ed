package amocrm

import (
	"context"
	"net/http"
	"net/url"
	"slices"
)

// noteEntities are the entities that carry notes, tasks and fields, as they stand in paths.
var noteEntities = []string{"leads", "contacts", "companies", "customers"}

// Notes returns one page of an entity's notes, newest first; entity is plural ("leads"), limit at most 250
// (amocrm.md §6.1).
func (c FeedAPI) Notes(ctx context.Context, entity string, id ID, limit int) ([]Note, error) {
	k := call{method: http.MethodGet, route: "/" + entity + "/{id}/notes", ids: []ID{id}}
	if !slices.Contains(noteEntities, entity) || id <= 0 {
		return nil, refuse("GET /{entity}/{id}/notes", "entity %.20q with id %d has no notes", entity, id)
	}
	k.query = url.Values{"order[id]": {"desc"}, "limit": {limited(limit, maxPerPage)}}
	found, _, err := page[Note](ctx, c.core, k, "notes")
	slices.SortStableFunc(found, func(a, b Note) int { return int(b.CreatedAt - a.CreatedAt) })
	return found, err
}

// CreateNotes writes notes to entities of one plural kind; each names its entity. At most 250, 50 recommended.
func (c FeedAPI) CreateNotes(ctx context.Context, entity string, in []NoteInput) ([]Created, error) {
	if !slices.Contains(noteEntities, entity) {
		return nil, refuse("POST /{entity}/notes", "entity %.20q has no notes", entity)
	}
	return create(ctx, c.core, call{route: "/" + entity + "/notes", body: in}, "notes", len(in), maxPerPage)
}
