package amocrm

import (
	"context"
	"net/url"
	"slices"
	"strconv"
)

// Tasks returns the open tasks of entities of one plural kind ("leads"), the earliest first (amocrm.md §6.3).
func (c *Client) Tasks(ctx context.Context, entity string, ids []ID) ([]Task, error) {
	if !slices.Contains(noteEntities, entity) {
		return nil, refuse("GET /tasks", "entity %.20q has no tasks", entity)
	}
	ids = unique(ids)
	var out []Task
	for start := 0; start < len(ids); start += maxPerCall {
		chunk := ids[start:min(start+maxPerCall, len(ids))]
		q := url.Values{
			"filter[is_completed]": {"0"}, "filter[entity_type]": {entity},
			"order[complete_till]": {"asc"}, "limit": {strconv.Itoa(maxPerPage)},
		}
		got, err := all[Task](ctx, c, call{route: "/tasks", query: idFilter(q, "entity_id", chunk)}, "tasks")
		if err != nil {
			return nil, err
		}
		for _, t := range got {
			if !t.IsCompleted && t.EntityType == entity && slices.Contains(chunk, t.EntityID) {
				out = append(out, t)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Task) int { return int(a.CompleteTill - b.CompleteTill) })
	return out, nil
}
