package amocrm

import (
	"context"
	"net/url"
	"slices"
	"strconv"
)

// NotesPage is one page of Notes, counted from 1, at most 250 long; more says that another one follows. With kinds only
// notes of these types come ("common").
func (c *Client) NotesPage(ctx context.Context, entity string, id ID, number, limit int, kinds ...string) (found []Note, more bool, err error) {
	if !slices.Contains(noteEntities, entity) || id <= 0 || number < 1 {
		return nil, false, refuse("GET /{entity}/{id}/notes", "page %d of entity %.20q with id %d has no notes", number, entity, id)
	}
	q := url.Values{"order[id]": {"desc"}, "limit": {limited(limit, maxPerPage)}, "page": {strconv.Itoa(number)}}
	for _, kind := range kinds {
		q.Add("filter[note_type][]", kind)
	}
	found, next, err := page[Note](ctx, c, call{route: "/" + entity + "/{id}/notes", ids: []ID{id}, query: q}, "notes")
	slices.SortStableFunc(found, func(a, b Note) int { return int(b.CreatedAt - a.CreatedAt) })
	return found, next != nil, err
}

// EventsPage is one page of what happened to one entity of a singular kind ("lead"), counted from 1, newest first, at
// most 100 long; more says that another one follows (amocrm.md §6.2).
func (c *Client) EventsPage(ctx context.Context, entity string, id ID, number, limit int) (found []Event, more bool, err error) {
	if !slices.Contains(eventEntities, entity) || id <= 0 || number < 1 {
		return nil, false, refuse("GET /events", "page %d of entity %.20q with id %d has no events", number, entity, id)
	}
	q := url.Values{"filter[entity][]": {entity}, "limit": {limited(limit, maxEvents)}, "page": {strconv.Itoa(number)}}
	found, next, err := page[Event](ctx, c, call{route: "/events", query: idFilter(q, "entity_id", []ID{id})}, "events")
	slices.SortStableFunc(found, func(a, b Event) int { return int(b.CreatedAt - a.CreatedAt) })
	return found, next != nil, err
}
