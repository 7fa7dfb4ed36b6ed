package amocrm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/sidecard/sidecard/connector/wire"
)

const (
	maxPerPage = 250
	maxPages   = 40
	maxPerCall = 100 // ids in one filter: keeps the address short
)

// envelope is amoCRM's frame of a list (amocrm.md §4.1).
type envelope struct {
	Links    json.RawMessage `json:"_links"`
	Embedded json.RawMessage `json:"_embedded"`
}

// items decodes the list of the given name; an absent one is empty.
func items[T any](e envelope, name string, decode func([]byte, any) error) ([]T, error) {
	var lists map[string]json.RawMessage
	if err := embedded(e.Embedded, &lists); err != nil {
		return nil, err
	}
	raw, ok := lists[name]
	if !ok {
		return nil, nil
	}
	var out wire.List[T]
	if err := decode(raw, &out); err != nil {
		return nil, fmt.Errorf("decode %s: %w", name, err)
	}
	return out, nil
}

// next returns the query of the following page, nil on the last one. Only the query is taken from the link: amoCRM's links
// may name a shard, and a request must go to no host but the account's.
func (e envelope) next() url.Values {
	var links struct {
		Next struct {
			Href string `json:"href"`
		} `json:"next"`
	}
	if embedded(e.Links, &links) != nil || links.Next.Href == "" {
		return nil
	}
	u, err := url.Parse(links.Next.Href)
	if err != nil {
		return nil
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(q) == 0 {
		return nil
	}
	return q
}

// page reads one page of a list.
func page[T any](ctx context.Context, c *core, k call, name string) ([]T, url.Values, error) {
	var e envelope
	found, err := c.read(ctx, k, &e)
	if err != nil || !found {
		return nil, nil, err
	}
	out, err := items[T](e, name, func(raw []byte, out any) error { return c.lenient(ctx, "GET "+k.route, name+".", raw, out) })
	if err != nil {
		return nil, nil, &Error{Op: "GET " + k.route, Status: 200, Kind: KindUpstream, Detail: err.Error()}
	}
	return out, e.next(), nil
}

// all reads a list to its end: no next link, a next page of 204, or a link that leads nowhere new. More than 40 pages is
// an error, not a silently shorter list.
func all[T any](ctx context.Context, c *core, k call, name string) ([]T, error) {
	var out []T
	for range maxPages {
		got, next, err := page[T](ctx, c, k, name)
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
		if next == nil || len(got) == 0 || next.Encode() == k.query.Encode() {
			return out, nil
		}
		k.query = next
	}
	return nil, &Error{Op: "GET " + k.route, Status: 200, Kind: KindUpstream,
		Detail: fmt.Sprintf("the list is longer than %d pages", maxPages)}
}

// idFilter is filter[key][]=1&filter[key][]=2.
func idFilter(q url.Values, key string, ids []ID) url.Values {
	for _, id := range ids {
		q.Add("filter["+key+"][]", strconv.FormatInt(int64(id), 10))
	}
	return q
}

// unique drops zero and repeated ids and keeps the order.
func unique(ids []ID) []ID {
	var out []ID
	for _, id := range ids {
		if id != 0 && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// byIDs reads entities with filter[id][] and returns those that exist in the order asked. An account without filters
// answers with whatever it has: any id that was not asked for is ErrFilterOff.
func byIDs[T any](ctx context.Context, c *core, route, name, with string, ids []ID, idOf func(T) ID) ([]T, error) {
	ids = unique(ids)
	found := make(map[ID]T, len(ids))
	for chunk := range slices.Chunk(ids, maxPerCall) {
		q := url.Values{"limit": {strconv.Itoa(maxPerPage)}}
		if with != "" {
			q.Set("with", with)
		}
		got, _, err := page[T](ctx, c, call{route: route, query: idFilter(q, "id", chunk)}, name)
		if err != nil {
			return nil, err
		}
		for _, e := range got {
			if !slices.Contains(chunk, idOf(e)) {
				return nil, &Error{Op: "GET " + route, Status: 200, Kind: KindFilterOff,
					Detail: "the answer holds entities that were not asked for"}
			}
			found[idOf(e)] = e
		}
	}
	var out []T
	for _, id := range ids {
		if e, ok := found[id]; ok {
			out = append(out, e)
		}
	}
	return out, nil
}

// limited clamps a page size; 0 and less mean amoCRM's own default.
func limited(n, most int) string {
	if n <= 0 {
		n = 50
	}
	return strconv.Itoa(min(n, most))
}
