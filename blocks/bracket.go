package blocks

import (
	"errors"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// A form body of PHP is a tree in brackets: client_data[phones][0][phone]=… Bounds keep a hostile one small.
const (
	maxFormKeys  = 2000
	maxFormDepth = 8
)

var errFormTooBig = errors.New("the form has too many or too deeply nested fields")

// bracketTree rebuilds the tree of a PHP form body as JSON would have given it: maps, lists and strings. A map whose
// keys are 0…n-1 becomes a list.
func bracketTree(body string) (map[string]any, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, err
	}
	if len(values) > maxFormKeys {
		return nil, errFormTooBig
	}
	root := map[string]any{}
	for key, vs := range values {
		path := bracketPath(key)
		if len(path) > maxFormDepth {
			return nil, errFormTooBig
		}
		for i, v := range vs {
			place(root, path, i, v)
		}
	}
	for k, v := range root {
		root[k] = listed(v)
	}
	return root, nil
}

// bracketPath splits "a[b][]" into a, b and "" (append).
func bracketPath(key string) []string {
	name, rest, found := strings.Cut(key, "[")
	path := []string{name}
	for found {
		var part string
		part, rest, _ = strings.Cut(rest, "]")
		path = append(path, part)
		_, rest, found = strings.Cut(rest, "[")
	}
	return path
}

func place(node map[string]any, path []string, nth int, value string) {
	name := path[0]
	if name == "" {
		name = strconv.Itoa(nth)
	}
	if len(path) == 1 {
		node[name] = value
		return
	}
	child, ok := node[name].(map[string]any)
	if !ok {
		child = map[string]any{}
		node[name] = child
	}
	place(child, path[1:], nth, value)
}

func listed(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	keys := make([]int, 0, len(m))
	for k, child := range m {
		m[k] = listed(child)
		if n, err := strconv.Atoi(k); err == nil {
			keys = append(keys, n)
		}
	}
	if len(keys) != len(m) || len(m) == 0 {
		return m
	}
	sort.Ints(keys)
	if keys[len(keys)-1] != len(keys)-1 {
		return m
	}
	list := make([]any, len(keys))
	for i := range keys {
		list[i] = m[strconv.Itoa(i)]
	}
	return list
}
