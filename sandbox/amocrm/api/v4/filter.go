package v4

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// filters is the query of a request, with what its "filter" parameter asks for.
type filters struct{ url.Values }

// has reports whether anything is said about the name.
func (f filters) has(name string) bool { return f.hasKey("filter[" + name + "]") }

// any reports whether there is a filter at all.
func (f filters) any() bool { return f.hasKey("filter[") }

func (f filters) hasKey(prefix string) bool {
	for key := range f.Values {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// candidates are the entities that the filter can let through: those it names by id, else all.
func (f filters) candidates(a *world.Account, entity string) []*world.Base {
	if !a.FilterOn || !f.has("id") {
		return world.Bases(a, entity)
	}
	var out []*world.Base
	ids := f.ints("id")
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if b := world.BaseAny(a, entity, id); b != nil {
			out = append(out, b)
		}
	}
	return out
}

// list is filter[name], filter[name][] and filter[name][N]; comma lists are split.
func (f filters) list(name string) []string { return f.words("filter[" + name + "]") }

// ints is list as numbers; what is no number matches nothing.
func (f filters) ints(name string) []int64 {
	var out []int64
	for _, s := range f.list(name) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			n = -1
		}
		out = append(out, n)
	}
	return out
}

// id reports whether n is among the wanted ones, or none are named.
func (f filters) id(name string, n int64) bool {
	return !f.has(name) || slices.Contains(f.ints(name), n)
}

// oneOf is id for texts.
func (f filters) oneOf(name, s string) bool {
	return !f.has(name) || slices.Contains(f.list(name), s)
}

// flag is oneOf for yes and no, which clients write as 1 and 0 or as true and false.
func (f filters) flag(name string, b bool) bool {
	return f.oneOf(name, strconv.FormatBool(b)) || f.oneOf(name, map[bool]string{true: "1", false: "0"}[b])
}

// exact is oneOf without splitting at commas, for names.
func (f filters) exact(name, s string) bool {
	if !f.has(name) {
		return true
	}
	for key, values := range f.Values {
		if rest, ok := strings.CutPrefix(key, "filter["+name+"]"); ok && (rest == "" || isIndex(rest)) && slices.Contains(values, s) {
			return true
		}
	}
	return false
}

// between holds n against filter[name][from] and [to], both inclusive; a bare filter[name]=N is the lower bound.
func (f filters) between(name string, n int64) bool {
	for key, atLeast := range map[string]bool{"": true, "[from]": true, "[to]": false} {
		bound, err := strconv.ParseInt(f.Get("filter["+name+"]"+key), 10, 64)
		if err == nil && (atLeast && n < bound || !atLeast && n > bound) {
			return false
		}
	}
	return true
}

// pairs are root[N][pipeline_id] with root[N][status_id].
func (f filters) pairs(root string) []world.RequiredStatus {
	var out []world.RequiredStatus
	for key := range f.Values {
		head, ok := strings.CutSuffix(key, "[status_id]")
		if !ok || !strings.HasPrefix(head, root+"[") {
			continue
		}
		status, errS := strconv.ParseInt(f.Get(key), 10, 64)
		pipeline, errP := strconv.ParseInt(f.Get(head+"[pipeline_id]"), 10, 64)
		if errS == nil && errP == nil {
			out = append(out, world.RequiredStatus{StatusID: status, PipelineID: pipeline})
		}
	}
	return out
}

// stands reports whether a lead stands in one of the pairs.
func (f filters) stands(root string, l *world.Lead) bool {
	return slices.Contains(f.pairs(root), world.RequiredStatus{StatusID: l.StatusID, PipelineID: l.PipelineID})
}

// takes reports whether the filter lets an entity through (amocrm.md §4.4). Only accounts with filtering ask.
func (q *call) takes(b *world.Base) bool {
	f := q.f
	if !f.id("id", b.ID) || !f.exact("name", b.Name) || !f.id("created_by", b.CreatedBy) ||
		!f.id("updated_by", b.UpdatedBy) || !f.id("responsible_user_id", b.Responsible) ||
		!f.between("created_at", b.CreatedAt) || !f.between("updated_at", b.UpdatedAt) {
		return false
	}
	if f.has("closest_task_at") {
		if at, ok := q.closestTasks()[b.ID]; !ok || !f.between("closest_task_at", at) {
			return false
		}
	}
	return (q.kind != "leads" || f.takesLead(q.A.Leads[b.ID])) && f.takesValues(q.A, q.kind, b)
}

func (f filters) takesLead(l *world.Lead) bool {
	return f.id("pipeline_id", l.PipelineID) && f.between("closed_at", l.ClosedAt) && (!f.has("closed_at") || l.ClosedAt != 0) &&
		f.between("price", l.Price) && (!f.Has("filter[price]") || f.id("price", l.Price)) &&
		(!f.has("statuses") || f.stands("filter[statuses]", l))
}

// takesValues checks filter[custom_fields_values][ID], which all have to agree.
func (f filters) takesValues(a *world.Account, entity string, b *world.Base) bool {
	const root = "custom_fields_values]["
	for _, def := range a.Fields[entity] {
		name := root + strconv.FormatInt(def.ID, 10)
		if f.has(name) && !f.takesField(name, def, b) {
			return false
		}
	}
	return true
}

func (f filters) takesField(name string, def *world.Field, b *world.Base) bool {
	wanted := f.list(name)
	for _, fv := range b.Fields {
		if fv.FieldID != def.ID {
			continue
		}
		for _, el := range fv.Values {
			if len(wanted) == 0 {
				if n, ok := world.ToInt(el["value"]); ok && f.between(name, n) {
					return true
				}
				continue
			}
			for _, s := range wanted {
				if matchesValue(el, s) {
					return true
				}
			}
		}
	}
	return false
}

// matchesValue compares a stored value with a filter's text: enum id, text, or 1 and 0 for a checkbox.
func matchesValue(el map[string]any, s string) bool {
	if n, ok := world.ToInt(el["enum_id"]); ok && strconv.FormatInt(n, 10) == s {
		return true
	}
	if b, ok := el["value"].(bool); ok {
		return b == (s == "1" || s == "true")
	}
	return slices.Contains(world.ValueStrings(el["value"]), s)
}

// by is a key that a list may be ordered by.
type by[T any] struct {
	key    string
	number func(T) int64
}

// order sorts as order[key]=asc|desc asks with one of the keys, else upwards by number; then by id, so that pages never overlap.
func order[T any](f filters, list []T, number, id func(T) int64, keys ...by[T]) []T {
	sign := 1
	for _, k := range keys {
		if way := f.Get("order[" + k.key + "]"); way != "" {
			if number = k.number; strings.EqualFold(way, "desc") {
				sign = -1
			}
			break
		}
	}
	slices.SortFunc(list, func(x, y T) int {
		return sign * cmp.Or(cmp.Compare(number(x), number(y)), cmp.Compare(id(x), id(y)))
	})
	return list
}

// kept lists what fits.
func kept[T any](all []T, fits func(T) bool) []T {
	var out []T
	for _, x := range all {
		if fits(x) {
			out = append(out, x)
		}
	}
	return out
}

// without is a list that lacks one thing. The old one stays whole for those who read it without the lock.
func without[T comparable](list []T, x T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(y T) bool { return y == x })
}

// minDigits is how many digits make a query without letters a search by digits.
const minDigits = 5

// matcher answers the "query" parameter: a fuzzy search over name, custom values and id (amocrm.md §4.3). It finds
// near-misses on purpose: the caller has to check what came back.
type matcher struct {
	text   string // lower case
	digits string // set when the query is a number
}

// newMatcher is nil for an empty query, which is no filter.
func newMatcher(query string) *matcher {
	query = strings.TrimSpace(query)
	if query == "" {
		return nil
	}
	m := &matcher{text: strings.ToLower(query)}
	if d := onlyDigits(query); len(d) >= minDigits && !strings.ContainsFunc(query, unicode.IsLetter) {
		m.digits = d
	}
	return m
}

// matches reports whether the query is found in anything that is written on the entity.
func (m *matcher) matches(b *world.Base) bool {
	if m.in(b.Name) || m.in(strconv.FormatInt(b.ID, 10)) {
		return true
	}
	for _, f := range b.Fields {
		for _, el := range f.Values {
			for _, s := range world.ValueStrings(el["value"]) {
				if m.in(s) {
					return true
				}
			}
		}
	}
	return false
}

func (m *matcher) in(s string) bool {
	if strings.Contains(strings.ToLower(s), m.text) {
		return true
	}
	return m.digits != "" && strings.Contains(onlyDigits(s), m.digits)
}

func onlyDigits(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, s)
}
