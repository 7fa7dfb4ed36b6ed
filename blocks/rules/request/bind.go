package request

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/internal/body"
)

// Bind reads a rule's body: JSON, form or multipart; bare or wrapped as {url, data, headers} (usedesk.md §3.2), as
// body.Read takes it. Numbers may be strings, a blank string means "not given". A value that can't be taken is left out or cut, and is in
// Request.Remarks, unless the rule is strict. key is the trigger key if the body holds one; it is returned beside
// *Problems too, which lists every mistake that stops the job; the request is then what could be read. Other errors:
// *body.ContentTypeError, *body.SyntaxError.
func Bind(contentType string, raw []byte) (r Request, key string, err error) {
	root, err := body.Read(contentType, raw)
	if err != nil {
		return Request{}, "", err
	}
	data, key := unwrap(root)
	rd := &reader{}
	r = rd.request(data)
	rd.validate(&r)
	slices.SortStableFunc(rd.problems, func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) })
	var stops []Problem
	for _, p := range rd.problems {
		if p.Remark && !r.Strict {
			r.Remarks = append(r.Remarks, p)
		} else {
			stops = append(stops, p)
		}
	}
	if len(stops) > 0 {
		return r, key, &Problems{List: Stopping(stops)}
	}
	return r, key, nil
}

// BindFor is Bind for a rule as its author writes it, with a ticket in the place of the helpdesk's variable. A *body.SyntaxError
// names the place in the text as it was written.
func BindFor(ticketID int64, rule string) (r Request, key string, err error) {
	fill := func(ticket string) (Request, string, error) {
		return Bind("application/json", []byte(strings.ReplaceAll(rule, ticketVariable, ticket)))
	}
	r, key, err = fill(strconv.FormatInt(ticketID, 10))
	var syntax *body.SyntaxError
	if errors.As(err, &syntax) { // again with a ticket as long as the variable, so that the columns behind it are right
		_, _, err = fill(fmt.Sprintf("%-*d", len(ticketVariable), ticketID))
	}
	return r, key, err
}

// wrappers are the names under which senders put the whole body: the helpdesk's own, and those of form builders.
var wrappers = []string{"data", "payload", "json", "body"}

// grouped are the keys whose values are objects or lists; a form sends them as JSON text.
var grouped = []string{"fields", "custom_fields", "custom_fields_values", "tags", "task"}

// unwrap returns the object that is the rule: the body itself, or what is in one of its wrappers, and the trigger key from
// either level.
func unwrap(root map[string]any) (data map[string]any, key string) {
	key, _ = root["key"].(string)
	data = root
	for _, name := range wrappers {
		if _, bare := root["ticketId"]; bare {
			break
		}
		if inner, ok := object(root[name]); ok {
			data = inner
			break
		}
	}
	if k, ok := data["key"].(string); ok {
		key = k
	}
	expand(data)
	if fields, ok := data["fields"].(map[string]any); ok {
		expand(fields)
	}
	return data, strings.TrimSpace(key)
}

// object returns an object, or the one that a text holds as JSON.
func object(v any) (map[string]any, bool) {
	if text, ok := v.(string); ok {
		v, _ = body.Embedded(text)
	}
	m, ok := v.(map[string]any)
	return m, ok
}

// expand puts objects and lists in the place of the JSON texts that hold them.
func expand(m map[string]any) {
	for _, name := range grouped {
		if text, ok := m[name].(string); ok {
			if tree, ok := body.Embedded(text); ok {
				m[name] = tree
			}
		}
	}
}
