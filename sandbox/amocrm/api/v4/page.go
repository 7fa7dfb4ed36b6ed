package v4

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
)

// How many items a page has unless the client says otherwise, and at most (amocrm.md §8.1).
const (
	defaultLimit   = 50
	maxLimit       = 250
	maxEventsLimit = 100
)

// page is the part of a list that the client asked for; number counts from 1.
type page struct{ number, limit int }

// page takes page and limit from the query. A limit over most is refused.
func (q *call) page(most int) (page, answer) {
	p := page{number: 1, limit: defaultLimit}
	for name, to := range map[string]*int{"page": &p.number, "limit": &p.limit} {
		if n, err := strconv.Atoi(q.f.Get(name)); err == nil && n > 0 {
			*to = n
		}
	}
	if p.limit <= most {
		return p, nil
	}
	return p, func(w http.ResponseWriter) {
		api.Problem(w, http.StatusUnprocessableEntity, "Unprocessable Entity", "Limit "+strconv.Itoa(most)+" per page")
	}
}

// url is the request's own address with another page number.
func (p page) url(q *call, number int) string {
	query := q.r.URL.Query()
	query.Set("page", strconv.Itoa(number))
	query.Set("limit", strconv.Itoa(p.limit))
	return api.BaseURL(q.r) + q.r.URL.Path + "?" + query.Encode()
}

// answerPage answers a page of a list; an empty one is 204 (amocrm.md rule 1). Of its _links self is there always, next unless it
// is the last, first and prev unless it is the first, last with totals only.
func answerPage[T any](q *call, p page, key string, totals bool, all []T, render func(*call, T) obj) answer {
	// Compared by division: a page number near the largest int must not overflow into a negative start.
	if len(all) == 0 || p.number-1 > (len(all)-1)/p.limit {
		return nil
	}
	rest := all[(p.number-1)*p.limit:]
	pages := (len(all) + p.limit - 1) / p.limit
	links := selfLink(p.url(q, p.number))
	if p.number < pages {
		links["next"] = href(p.url(q, p.number+1))
	}
	if p.number > 1 {
		links["first"], links["prev"] = href(p.url(q, 1)), href(p.url(q, p.number-1))
	}
	o := obj{"_page": p.number, "_links": links, "_embedded": obj{key: rendered(q, rest[:min(p.limit, len(rest))], render)}}
	if totals {
		o["_total_items"], o["_page_count"] = len(all), pages
		if p.number < pages {
			links["last"] = href(p.url(q, pages))
		}
	}
	return ok(o)
}

// words collects name, name[] and name[N], each of which may be a comma list.
func (f filters) words(name string) []string {
	var out []string
	for key, values := range f.Values {
		rest, ok := strings.CutPrefix(key, name)
		if !ok || rest != "" && !isIndex(rest) {
			continue
		}
		for _, v := range values {
			for part := range strings.SplitSeq(v, ",") {
				if part = strings.TrimSpace(part); part != "" {
					out = append(out, part)
				}
			}
		}
	}
	return out
}

// isIndex reports whether s is "[]" or "[12]".
func isIndex(s string) bool {
	return strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") && len(s) > 1 && strings.Trim(s[1:len(s)-1], "0123456789") == ""
}
