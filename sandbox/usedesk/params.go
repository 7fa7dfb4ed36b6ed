package usedesk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// params are the parameters of an API call, from JSON, form or multipart alike. JSON keeps its types, forms have
// strings; the getters take both.
type params map[string]any

// readParams reads the body by its content type and adds what only the query has.
func readParams(r *http.Request) (params, error) {
	var p params
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // an unreadable type is read as JSON or form below
	switch kind {
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil {
			return nil, fmt.Errorf("read multipart body: %w", err)
		}
		defer r.MultipartForm.RemoveAll()
		p = nest(r.MultipartForm.Value)
	default:
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, fmt.Errorf("read body: %w", err)
		}
		if p, err = readPlain(raw, kind); err != nil {
			return nil, err
		}
	}
	for key, value := range nest(r.URL.Query()) {
		if _, given := p[key]; !given {
			p[key] = value
		}
	}
	return p, nil
}

// readPlain reads JSON, or a form when the type or the first byte says so.
func readPlain(raw []byte, kind string) (params, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return params{}, nil
	}
	if kind == "application/x-www-form-urlencoded" || kind != "application/json" && raw[0] != '{' && raw[0] != '[' {
		values, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, fmt.Errorf("read form body: %w", err)
		}
		return nest(values), nil
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("read JSON body: %w", err)
	}
	switch t := v.(type) {
	case map[string]any:
		return t, nil
	case []any:
		if len(t) == 0 { // PHP's empty map
			return params{}, nil
		}
	}
	return nil, errors.New("read JSON body: it is no object")
}

// nest rebuilds PHP's bracket keys: a[b][]=1. Maps whose keys are 0, 1, 2 … become lists.
func nest(values url.Values) params {
	root := params{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[key] {
			put(root, splitKey(key), value)
		}
	}
	for k, v := range root {
		root[k] = listed(v)
	}
	return root
}

// maxDepth bounds the nesting of a form key.
const maxDepth = 8

func splitKey(key string) []string {
	head, rest, found := strings.Cut(key, "[")
	if !found || head == "" || !strings.HasSuffix(rest, "]") {
		return []string{key}
	}
	parts := append([]string{head}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
	if len(parts) > maxDepth {
		return []string{key}
	}
	return parts
}

func put(at map[string]any, path []string, value string) {
	key := path[0]
	if key == "" {
		key = strconv.Itoa(len(at))
	}
	if len(path) == 1 {
		at[key] = value
		return
	}
	below, ok := at[key].(map[string]any)
	if !ok {
		below = map[string]any{}
		at[key] = below
	}
	put(below, path[1:], value)
}

func listed(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k, e := range m {
		m[k] = listed(e)
	}
	list := make([]any, len(m))
	for i := range list {
		e, found := m[strconv.Itoa(i)]
		if !found {
			return m
		}
		list[i] = e
	}
	return list
}

// has reports whether the parameter is there, even if empty.
func (p params) has(key string) bool {
	_, ok := p[key]
	return ok
}

// str is the parameter as text, empty when it is missing, null or no scalar.
func (p params) str(key string) string { return scalar(p[key]) }

func scalar(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case json.Number:
		return t.String()
	case bool:
		return strconv.FormatBool(t)
	}
	return ""
}

// id is the parameter as a whole number, 0 when it is none.
func (p params) id(key string) int64 { return kit.ParseID(strings.TrimSpace(p.str(key))) }

// flag is true for 1 and true in all spellings.
func (p params) flag(key string) bool {
	b, err := strconv.ParseBool(strings.ToLower(p.str(key)))
	return err == nil && b
}

// list is the parameter as texts; a single one is a list of one.
func (p params) list(key string) []string {
	many, ok := p[key].([]any)
	if !ok {
		if s := p.str(key); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for _, v := range many {
		if s := scalar(v); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// rows is the parameter as a list of objects.
func (p params) rows(key string) []params {
	many, _ := p[key].([]any)
	var out []params
	for _, v := range many {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
