package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/runes"
)

const (
	maxChoices = 30 // that a message names
	minNearID  = 5  // digits of an id that may be mistyped: shorter ones are all alike
)

// Check compares a request with the account's vocabulary and names what the account does not have, with what it has.
// Values that a ticket has yet to fill are not looked at.
func Check(r request.Request, m crm.Meta) []request.Problem {
	_, found := resolve(r, m, true)
	return found
}

// resolve puts ids in the place of names and takes out what the account does not have; what that was are remarks. Without
// ids, ids that are not known stay and have no remark: the account may have got them since its vocabulary was read, and the
// CRM is the one to judge.
func resolve(r request.Request, m crm.Meta, ids bool) (request.Request, []request.Problem) {
	c, as := checker{m: m, ids: ids}, r
	c.stage(&r.Fields)
	c.responsible(&r.Fields)
	r.Fields.Custom = slices.Clone(r.Fields.Custom)
	for i := range r.Fields.Custom {
		r.Fields.Custom[i].Values = slices.Clone(r.Fields.Custom[i].Values)
		c.custom(fmt.Sprintf("fields.custom_fields_values[%d]", i), &r.Fields.Custom[i])
	}
	for i := range c.found {
		c.found[i].Path = as.Where(c.found[i].Path)
	}
	return r, c.found
}

type checker struct {
	m     crm.Meta
	ids   bool // ids are checked, too
	found []request.Problem
}

// leave notes what is left out; given is what the rule holds there.
func (c *checker) leave(given string, p request.Problem) {
	c.found = append(c.found, p.AsRemark(given))
}

// missing notes that typed is nothing that the account has.
func (c *checker) missing(path, key, typed string, have []Ref, params ...string) {
	c.leave(typed, request.NewProblem(path, request.CodeChoice, key, append(params, "Near", nearest(typed, have), "Accepted", some(have))...))
}

// unknownID does so for an id, where ids are checked, and takes it out.
func (c *checker) unknownID(path, key string, id *int64, have []Ref, params ...string) {
	if c.ids {
		c.missing(path, key, strconv.FormatInt(*id, 10), have, params...)
		*id = 0
	}
}

// Ref is anything of the account that has an id and a name.
type Ref struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func ref(id crm.ID, name string) Ref { return Ref{int64(id), name} }

func (r Ref) String() string {
	return fmt.Sprintf("%d (%s)", r.ID, runes.Shorten(r.Name, request.MaxPlain))
}

// pick finds those of a name, case and outer blanks aside; when there is none, the one of that id, alone or with its
// name as messages write it: 10 (Sales).
func pick(have []Ref, name string) []Ref {
	name = strings.TrimSpace(name)
	if found := crm.Filter(have, func(t Ref) bool { return strings.EqualFold(strings.TrimSpace(t.Name), name) }); len(found) > 0 {
		return found
	}
	head, _, _ := strings.Cut(name, " (")
	id, err := strconv.ParseInt(head, 10, 64)
	if t, ok := crm.Find(have, func(t Ref) bool { return t.ID == id }); ok && err == nil {
		return []Ref{t}
	}
	return nil
}

// nearest is the one that may have been meant, "" for none.
func nearest(typed string, have []Ref) string {
	_, err := strconv.ParseInt(typed, 10, 64)
	if err == nil && len(typed) < minNearID {
		return ""
	}
	names := make([]string, len(have))
	for i, t := range have {
		if names[i] = t.Name; err == nil {
			names[i] = strconv.FormatInt(t.ID, 10)
		}
	}
	if i := slices.Index(names, request.Near(typed, names)); i >= 0 && names[i] != "" {
		return have[i].String()
	}
	return ""
}

// refs returns what the members of a list are called.
func refs[T any](list []T, of func(T) Ref) []Ref {
	out := make([]Ref, len(list))
	for i, x := range list {
		out[i] = of(x)
	}
	return out
}

func pipelines(m crm.Meta) []Ref {
	return refs(m.Open(), func(p crm.Pipeline) Ref { return ref(p.ID, p.Name) })
}

func stages(p crm.Pipeline) []Ref {
	sorted := slices.DeleteFunc(slices.Clone(p.Statuses), crm.Unsorted)
	return refs(sorted, func(s crm.Status) Ref { return ref(s.ID, s.Name) })
}

func users(list []crm.User) []Ref {
	return refs(list, func(u crm.User) Ref { return ref(u.ID, u.Name) })
}

func fieldRefs(list []crm.Field) []Ref {
	return refs(list, func(f crm.Field) Ref { return ref(f.ID, f.Name) })
}

func enums(f crm.Field) (out []Ref) {
	for _, e := range f.Enums {
		out = append(out, ref(e.ID, e.Value))
	}
	return out
}

// some names the first members of a list.
func some(list []Ref) string {
	if len(list) == 0 {
		return "—"
	}
	var names []string
	for _, t := range list[:min(len(list), maxChoices)] {
		names = append(names, t.String())
	}
	if len(list) > maxChoices {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
