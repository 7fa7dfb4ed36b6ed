package triggers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sidecard/sidecard/bridge"
	"github.com/sidecard/sidecard/connector/amocrm"
)

const (
	maxChoices = 30 // that a message names
	maxPlain   = 60 // runes of one name in it
)

// check compares a request with the account's vocabulary and names what the account does not have, with what it has.
func check(r Request, m bridge.Meta) []Problem {
	c := checker{m: m}
	f := r.Fields
	pipeline, known := m.Pipeline(f.PipelineID)
	switch {
	case f.PipelineID != 0 && !known:
		c.add("fields.pipeline_id", "the account has no such pipeline", pipelines(m))
	case f.StatusID == 0:
	case f.PipelineID != 0 && !hasStatus(pipeline, f.StatusID):
		c.add("fields.status_id", fmt.Sprintf("pipeline %d has no such stage", f.PipelineID), stages(pipeline))
	case f.PipelineID == 0 && !anyHasStatus(m, f.StatusID):
		c.add("fields.status_id", "no pipeline of the account has such a stage", pipelines(m))
	}
	if f.ResponsibleID != 0 && !m.UsersHidden && len(m.Users) > 0 && !hasUser(m, f.ResponsibleID) {
		c.add("fields.responsible_user_id", "the account has no such user", users(m))
	}
	for i, custom := range f.Custom {
		c.custom(fmt.Sprintf("fields.custom_fields_values[%d]", i), custom)
	}
	return c.found
}

type checker struct {
	m     bridge.Meta
	found []Problem
}

func (c *checker) add(path, what string, accepted []string) {
	c.found = append(c.found, Problem{Path: path, Code: CodeChoice, Detail: what + "; accepted: " + some(accepted)})
}

func (c *checker) custom(path string, custom CustomField) {
	field, ok := custom.in(&c.m)
	if !ok {
		var names []string
		for _, f := range c.m.LeadFields {
			names = append(names, named(f.ID, f.Name))
		}
		member := ".field_id"
		if custom.FieldID == 0 {
			member = ".field_code"
		}
		c.add(path+member, "deals of the account have no such field", names)
		return
	}
	if !field.Writable() && !field.IsComputed {
		return // a type that is not known here: the CRM's affair
	}
	_, err := field.NormalizeIn(c.m.Location(), custom.elements())
	var bad *amocrm.ValueError
	if !errors.As(err, &bad) {
		return
	}
	code, detail := CodeType, fmt.Sprintf("field %q takes %s", cut(field.Name), bad.Accepts)
	if strings.HasSuffix(bad.Path, ".enum_id") || strings.HasSuffix(bad.Path, ".enum_code") {
		code, detail = CodeChoice, fmt.Sprintf("field %q has no such choice; accepted: %s", cut(field.Name), enums(field))
	}
	c.found = append(c.found, Problem{Path: path + dotted("."+bad.Path), Code: code, Detail: detail})
}

func hasStatus(p amocrm.Pipeline, id int64) bool {
	for _, s := range p.Statuses {
		if int64(s.ID) == id {
			return true
		}
	}
	return false
}

func anyHasStatus(m bridge.Meta, id int64) bool {
	for _, p := range m.Pipelines {
		if hasStatus(p, id) {
			return true
		}
	}
	return false
}

func hasUser(m bridge.Meta, id int64) bool {
	for _, u := range m.Users {
		if int64(u.ID) == id {
			return true
		}
	}
	return false
}

func pipelines(m bridge.Meta) (out []string) {
	for _, p := range m.Open() {
		out = append(out, named(p.ID, p.Name))
	}
	return out
}

func stages(p amocrm.Pipeline) (out []string) {
	for _, s := range p.Statuses {
		if s.Type != amocrm.StatusTypeUnsorted {
			out = append(out, named(s.ID, s.Name))
		}
	}
	return out
}

func users(m bridge.Meta) (out []string) {
	for _, u := range m.Assignable() {
		out = append(out, named(u.ID, u.Name))
	}
	return out
}

func enums(f amocrm.Field) string {
	var out []string
	for _, e := range f.Enums {
		out = append(out, named(e.ID, e.Value))
	}
	return some(out)
}

func named(id amocrm.ID, name string) string { return fmt.Sprintf("%d (%s)", id, cut(name)) }

func cut(s string) string {
	if r := []rune(s); len(r) > maxPlain {
		return string(r[:maxPlain]) + "…"
	}
	return s
}

func some(list []string) string {
	switch {
	case len(list) == 0:
		return "none"
	case len(list) > maxChoices:
		return strings.Join(list[:maxChoices], ", ") + fmt.Sprintf(" and %d more", len(list)-maxChoices)
	}
	return strings.Join(list, ", ")
}
