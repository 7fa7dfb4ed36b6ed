package amocrm

import (
	"context"
	"net/url"
	"slices"
)

const (
	maxEvents   = 100
	maxEventIDs = 10
)

// eventEntities are singular, unlike everywhere else (amocrm.md §6.2).
var eventEntities = []string{"lead", "contact", "company", "customer", "task"}

// Events returns one page of what happened to at most 10 entities of one singular kind ("lead"), newest first; limit is
// at most 100 (amocrm.md §6.2).
func (c *Client) Events(ctx context.Context, entity string, ids []ID, limit int) ([]Event, error) {
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
	found, _, err := page[Event](ctx, c, call{route: "/events", query: q}, "events")
	slices.SortStableFunc(found, func(a, b Event) int { return int(b.CreatedAt - a.CreatedAt) })
	return found, err
}
