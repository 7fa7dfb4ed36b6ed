package request

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/connector/wire"
)

var (
	taskKeys  = []string{"text", "due_in"}
	openDeals = []string{string(OpenDealCreate), string(OpenDealAttach), string(OpenDealSkip)}
)

// extras reads the keys that may stand in "fields" or beside it.
func (r *reader) extras(out *Request, body, fields map[string]any) {
	either := func(key string) (path string, v any) {
		inner, outer := fields[key], body[key]
		switch {
		case !given(inner):
			return key, outer
		case given(outer):
			r.add(key, CodeTwice, "given_twice")
		}
		r.inside = append(r.inside, key)
		return "fields." + key, inner
	}
	out.Tags = r.tags(either("tags"))
	out.Company = r.text(either("company"))
	out.Task = r.task(either("task"))
	out.IfOpenDeal = r.openDeal(either("if_open_deal"))
}

// where turns a path into the normal form of a request into one into the body as it came.
func (r *reader) where(req Request, path string) string {
	if slices.ContainsFunc(r.inside, func(key string) bool { return path == key || below(path, key) }) {
		return "fields." + path
	}
	return req.Where(path)
}

// given says that a key holds something: the helpdesk writes "" for a variable without a value, PHP [] for nothing.
func given(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return strings.TrimSpace(v) != ""
	case []any:
		return len(v) > 0
	}
	return true
}

// tags reads a list of names, or names with commas between them.
func (r *reader) tags(path string, v any) []string {
	var names []string
	if text, ok := v.(string); ok {
		names = strings.Split(text, ",")
	} else {
		for i, item := range r.list(path, v) {
			names = append(names, r.text(fmt.Sprintf("%s[%d]", path, i), item))
		}
	}
	var out []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// task reads a text, or a text with the time until it is due.
func (r *reader) task(path string, v any) *TaskRequest {
	if !given(v) {
		return nil
	}
	if _, ok := v.(string); ok {
		return &TaskRequest{Text: r.text(path, v)}
	}
	m := r.group(path, v, taskKeys)
	if m == nil {
		return nil
	}
	t := &TaskRequest{Text: r.text(path+".text", m["text"]), DueIn: r.text(path+".due_in", m["due_in"])}
	if t.Text == "" {
		r.leave(path+".text", m, CodeRequired, "task_textless")
		return nil
	}
	if t.DueIn == "" {
		return t
	}
	if in, ok := parseDue(t.DueIn); !ok {
		r.leave(path+".due_in", t.DueIn, CodeType, "not_due", "Given", quoted(t.DueIn))
		t.DueIn = ""
	} else if in < minDue || in > maxDue {
		r.leave(path+".due_in", t.DueIn, CodeRange, "due_range")
		t.DueIn = ""
	}
	return t
}

func (r *reader) openDeal(path string, v any) OpenDeal {
	text := strings.ToLower(r.text(path, v))
	if text != "" && !slices.Contains(openDeals, text) {
		r.add(path, CodeChoice, "not_open_deal", "Accepted", strings.Join(openDeals, ", "), "Given", quoted(text))
	}
	return OpenDeal(text)
}

// shorthand reads custom fields as an object: a field's id, code or name, and its value or values.
func (r *reader) shorthand(path string, v any) []CustomField {
	if !given(v) {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		r.leave(path, v, CodeType, "not_object", "Accepted", `{"Source": "web"}`, "Kind", kind(v))
		return nil
	}
	var out []CustomField
	for _, name := range slices.Sorted(maps.Keys(m)) {
		f := CustomField{At: fmt.Sprintf("%s.%.100s", path, name)}
		if f.Values = r.values(f.At, m[name]); len(f.Values) == 0 {
			continue
		}
		if id, err := strconv.ParseInt(name, 10, 64); err == nil && id > 0 {
			f.FieldID = id
		} else {
			f.FieldName = strings.TrimSpace(name)
		}
		out = append(out, f)
	}
	return out
}

// values reads one value or a list of them; each may be bare or an object as in custom_fields_values.
func (r *reader) values(path string, v any) []CustomValue {
	if !given(v) {
		return nil
	}
	items, ok := wire.ListOf(v)
	if !ok {
		items = []any{v}
	}
	var out []CustomValue
	for i, item := range items {
		at := path
		if len(items) > 1 {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		if _, ok := item.(map[string]any); ok {
			out = append(out, r.value(at, item))
		} else {
			out = append(out, CustomValue{Value: r.raw(at, item)})
		}
	}
	return out
}
