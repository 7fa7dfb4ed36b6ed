package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// obj is a JSON object on its way out or in.
type obj = map[string]any

// How many items a page has unless the client says otherwise, and at most (amocrm.md §8.1).
const (
	DefaultLimit   = 50
	MaxLimit       = 250
	MaxEventsLimit = 100
)

// Page is the part of a list that the client asked for; number counts from 1.
type Page struct{ number, limit int }

// ReadPage takes page and limit from the query. It answers 422 itself when the limit is over max.
func ReadPage(w http.ResponseWriter, r *http.Request, limit, max int) (Page, bool) {
	q := r.URL.Query()
	p := Page{number: 1, limit: limit}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		p.number = n
	}
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n > 0 {
		p.limit = n
	}
	if p.limit > max {
		Problem(w, http.StatusUnprocessableEntity, "Unprocessable Entity", "Limit "+strconv.Itoa(max)+" per page")
		return p, false
	}
	return p, true
}

// SlicePage returns the page's part of all, and whether something follows it.
func SlicePage[T any](all []T, p Page) (part []T, more bool) {
	// Compared by division: a page number near the largest int must not overflow into a negative start.
	if p.number-1 > len(all)/p.limit {
		return nil, false
	}
	from := (p.number - 1) * p.limit
	if from >= len(all) {
		return nil, false
	}
	to := min(from+p.limit, len(all))
	return all[from:to], to < len(all)
}

// href is a link object.
func href(address string) obj { return obj{"href": address} }

// SelfLink is the _links of a single thing.
func SelfLink(address string) obj { return obj{"self": href(address)} }

// pageURL is the request's own address with another page number.
func pageURL(r *http.Request, p Page, number int) string {
	q := r.URL.Query()
	q.Set("page", strconv.Itoa(number))
	q.Set("limit", strconv.Itoa(p.limit))
	return BaseURL(r) + r.URL.Path + "?" + q.Encode()
}

// pageLinks are _links of a page: self always, next unless it is the last, first and prev unless it is the first.
func pageLinks(r *http.Request, p Page, more bool) obj {
	links := SelfLink(pageURL(r, p, p.number))
	if more {
		links["next"] = href(pageURL(r, p, p.number+1))
	}
	if p.number > 1 {
		links["first"] = href(pageURL(r, p, 1))
		links["prev"] = href(pageURL(r, p, p.number-1))
	}
	return links
}

// AnswerPage writes a page of a list without totals; an empty one is 204 (amocrm.md rule 1).
func AnswerPage(w http.ResponseWriter, r *http.Request, p Page, key string, items []obj, more bool) {
	if len(items) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	WriteHAL(w, http.StatusOK, obj{
		"_page": p.number, "_links": pageLinks(r, p, more), "_embedded": obj{key: items},
	})
}

// AnswerCounted writes a page of a list that tells its totals: users, custom fields, loss reasons.
func AnswerCounted(w http.ResponseWriter, r *http.Request, p Page, key string, items []obj, more bool, total int) {
	if len(items) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	pages := (total + p.limit - 1) / p.limit
	links := pageLinks(r, p, more)
	if more {
		links["last"] = href(pageURL(r, p, pages))
	}
	WriteHAL(w, http.StatusOK, obj{
		"_total_items": total, "_page": p.number, "_page_count": pages, "_links": links, "_embedded": obj{key: items},
	})
}

// WithSet is the set of names in the "with" parameter.
func WithSet(r *http.Request) map[string]bool {
	set := map[string]bool{}
	for _, v := range QueryList(r.URL.Query(), "with") {
		set[v] = true
	}
	return set
}

// QueryList collects name, name[] and name[N], each of which may be a comma list.
func QueryList(q url.Values, name string) []string {
	var out []string
	for key, values := range q {
		rest, ok := strings.CutPrefix(key, name)
		if !ok || rest != "" && !IsIndex(rest) {
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

// IsIndex reports whether s is "[]" or "[12]".
func IsIndex(s string) bool {
	inner, ok := strings.CutPrefix(s, "[")
	if !ok {
		return false
	}
	inner, ok = strings.CutSuffix(inner, "]")
	if !ok {
		return false
	}
	for _, c := range inner {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
