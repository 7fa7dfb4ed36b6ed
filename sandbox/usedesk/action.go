package usedesk

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// action is the JSON document of a rule's POST (usedesk.md §3.2).
type action struct {
	URL     string          `json:"url"`
	Data    json.RawMessage `json:"data"`
	Headers json.RawMessage `json:"headers"`
}

// publishedData is the data of the one published example, word for word but for its // comments.
const publishedData = `{
    "amoClientId": "1ff6828b-c10c-43f8-98d0-370001e85b6c",
    "ticketId": "{{ticket_id}}",
    "fields": {
      "name": "gg",
      "price": 1,
      "status_id": 55524250,
      "pipeline_id": 6516490,
      "responsible_user_id": 9311182,
      "custom_fields_values": [
        {"field_id": 1025541, "values": [{"value": "asd"}]},
        {"field_id": 1372537, "values": [{"enum_id": 705377}]},
        {"field_id": 1372539, "values": [{"enum_id": 705381}, {"enum_id": 705385}]}
      ]
    },
    "comment": "4444"
  }`

// layOut writes an action as the published example is laid out.
func layOut(a action) string {
	data, headers := cmp.Or(strings.TrimSpace(string(a.Data)), "{}"), cmp.Or(strings.TrimSpace(string(a.Headers)), "[]")
	return "{\n  \"url\": " + plainJSON(a.URL) + ",\n  \"data\": " + data + ",\n  \"headers\": " + headers + "\n}"
}

// plainJSON is a JSON string in which & stays readable.
func plainJSON(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(s) //nolint:errcheck // a string can be encoded
	return strings.TrimSpace(b.String())
}

// withURL replaces the URL of an action. One that can't be read is left alone.
func withURL(doc, url string) string {
	a, err := parseAction(doc)
	if err != nil {
		return doc
	}
	a.URL = url
	return layOut(a)
}

// parseAction reads an action. People paste the published example with its // comments, so these are dropped.
func parseAction(doc string) (action, error) {
	raw := []byte(doc)
	if !json.Valid(raw) {
		raw = []byte(withoutComments(doc))
	}
	var a action
	if err := json.Unmarshal(raw, &a); err != nil {
		return action{}, fmt.Errorf("read action: %w", err)
	}
	return a, nil
}

// withoutComments cuts // to the end of its line, outside of strings.
func withoutComments(doc string) string {
	var b strings.Builder
	inString := false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case inString && c == '\\' && i+1 < len(doc):
			b.WriteByte(c)
			i++
			b.WriteByte(doc[i])
			continue
		case c == '"':
			inString = !inString
		case !inString && c == '/' && strings.HasPrefix(doc[i:], "//"):
			end := strings.IndexByte(doc[i:], '\n')
			if end < 0 {
				return b.String()
			}
			i += end
		}
		b.WriteByte(doc[i])
	}
	return b.String()
}

// headers reads the three forms that a list of headers may have: "Name: value", {"name", "value"}, or one map. Which
// of them Usedesk means is not documented.
func (a action) headers(vars map[string]string) (http.Header, error) {
	out := http.Header{}
	if len(a.Headers) == 0 || string(a.Headers) == "null" {
		return out, nil
	}
	var byName map[string]string
	if json.Unmarshal(a.Headers, &byName) == nil {
		for name, value := range byName {
			out.Set(name, fillString(value, vars))
		}
		return out, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(a.Headers, &list); err != nil {
		return nil, errors.New(`read headers of the action: they are neither a list nor an object`)
	}
	for _, raw := range list {
		var line string
		var pair struct{ Name, Value string }
		if json.Unmarshal(raw, &line) == nil {
			pair.Name, pair.Value, _ = strings.Cut(line, ":")
		} else if json.Unmarshal(raw, &pair) != nil {
			return nil, fmt.Errorf(`read headers of the action: %s is neither "Name: value" nor {"name", "value"}`, raw)
		}
		if name := strings.TrimSpace(pair.Name); name != "" {
			out.Set(name, fillString(strings.TrimSpace(pair.Value), vars))
		}
	}
	return out, nil
}

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
	return kit.Leaves(v, func(leaf any) any {
		if s, ok := leaf.(string); ok {
			return fillString(s, vars)
		}
		return leaf
	})
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
