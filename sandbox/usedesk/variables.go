package usedesk

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
)

// variables are what a rule may name in double braces. Only ticket_id is documented; the others are the names that
// people guess (usedesk.md §3.3).
func variables(t *ticket, c *client) map[string]string {
	v := map[string]string{"ticket_id": idString(t.ID), "ticket_subject": t.Subject, "client_id": idString(t.ClientID)}
	if c != nil {
		v["client_name"], v["client_email"], v["client_phone"] = c.Name, c.email(), c.phone()
	}
	return v
}

var placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_.]+)\s*\}\}`)

// fillString replaces {{name}}; an unknown or empty one becomes blank.
func fillString(s string, vars map[string]string) string {
	return placeholder.ReplaceAllStringFunc(s, func(m string) string {
		return vars[placeholder.FindStringSubmatch(m)[1]]
	})
}

// fill replaces the placeholders in every string inside v. What was a string stays one.
func fill(v any, vars map[string]string) any {
	switch t := v.(type) {
	case string:
		return fillString(t, vars)
	case map[string]any:
		out := make(map[string]any, len(t))
		for k, e := range t {
			out[k] = fill(e, vars)
		}
		return out
	case []any:
		out := make([]any, len(t))
		for i, e := range t {
			out[i] = fill(e, vars)
		}
		return out
	}
	return v
}

// bracket writes v as PHP's http_build_query does: a[b][0]=1; null is left out, booleans are 1 and 0.
func bracket(form url.Values, key string, v any) {
	sub := func(k string) string {
		if key == "" {
			return k
		}
		return key + "[" + k + "]"
	}
	switch t := v.(type) {
	case nil:
	case map[string]any:
		for k, e := range t {
			bracket(form, sub(k), e)
		}
	case []any:
		for i, e := range t {
			bracket(form, sub(strconv.Itoa(i)), e)
		}
	case bool:
		form.Set(key, map[bool]string{true: "1", false: "0"}[t])
	case float64:
		form.Set(key, strconv.FormatFloat(t, 'f', -1, 64))
	default:
		form.Set(key, fmt.Sprint(t))
	}
}
