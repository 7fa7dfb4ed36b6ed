package amocrm

import (
	"context"
	"net/url"
	"slices"
	"strconv"
)

const (
	maxEvents   = 100
	maxEventIDs = 10
)

// eventEntities are singular, unlike everywhere else (amocrm.md §6.2).
var eventEntities = []string{"lead", "contact", "company", "customer", "task"}

// Events returns one page of what happened to at most 10 entities of one singular kind ("lead"), newest first; limit is
// at most 100 (amocrm.md §6.2).
func (c FeedAPI) Events(ctx context.Context, entity string, ids []ID, limit int) ([]Event, error) {
	ids = unique(ids)
	if !slices.Contains(eventEntities, entity) {
		return nil, refuse("GET /events", "entity %.20q has no events", entity)
	}
	if len(ids) > maxEventIDs {
		return nil, refuse("GET /events", "%d entities asked for, at most %d are taken", len(ids), maxEventIDs)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	q := idFilter(url.Values{"filter[entity][]": {entity}, "limit": {limited(limit, maxEvents)}}, "entity_id", ids)
	found, _, err := page[Event](ctx, c.core, call{route: "/events", query: q}, "events")
	slices.SortStableFunc(found, func(a, b Event) int { return int(b.CreatedAt - a.CreatedAt) })
	return found, err
}

// NotesPage is one page of Notes, counted from 1, at most 250 long; more says that another one follows. With kinds only
// notes of these types come ("common").
func (c FeedAPI) NotesPage(ctx context.Context, entity string, id ID, number, limit int, kinds ...string) (found []Note, more bool, err error) {
	if !slices.Contains(noteEntities, entity) || id <= 0 || number < 1 {
		return nil, false, refuse("GET /{entity}/{id}/notes", "page %d of entity %.20q with id %d has no notes", number, entity, id)
	}
	q := url.Values{"order[id]": {"desc"}, "limit": {limited(limit, maxPerPage)}, "page": {strconv.Itoa(number)}}
	for _, kind := range kinds {
		q.Add("filter[note_type][]", kind)
	}
	found, next, err := page[Note](ctx, c.core, call{route: "/" + entity + "/{id}/notes", ids: []ID{id}, query: q}, "notes")
	slices.SortStableFunc(found, func(a, b Note) int { return int(b.CreatedAt - a.CreatedAt) })
	return found, next != nil, err
}

// EventsPage is one page of what happened to one entity of a singular kind ("lead"), counted from 1, newest first, at
// most 100 long; more says that another one follows (amocrm.md §6.2).
func (c FeedAPI) EventsPage(ctx context.Context, entity string, id ID, number, limit int) (found []Event, more bool, err error) {
	if !slices.Contains(eventEntities, entity) || id <= 0 || number < 1 {
		return nil, false, refuse("GET /events", "page %d of entity %.20q with id %d has no events", number, entity, id)
	}
	q := url.Values{"filter[entity][]": {entity}, "limit": {limited(limit, maxEvents)}, "page": {strconv.Itoa(number)}}
	found, next, err := page[Event](ctx, c.core, call{route: "/events", query: idFilter(q, "entity_id", []ID{id})}, "events")
	slices.SortStableFunc(found, func(a, b Event) int { return int(b.CreatedAt - a.CreatedAt) })
	return found, next != nil, err
}
