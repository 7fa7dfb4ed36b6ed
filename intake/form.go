package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// Bounds of a form body.
const (
	maxPairs = 2000
	maxDepth = 10
	maxPart  = 1 << 20 // bytes of one part of a multipart body
)

func parseForm(body string) (map[string]any, error) {
	root := map[string]any{}
	n := 0
	for pair := range strings.SplitSeq(body, "&") {
		if pair == "" {
			continue
		}
		if n++; n > maxPairs {
			return nil, &SyntaxError{Detail: fmt.Sprintf("the form has more than %d fields", maxPairs)}
		}
		name, value, _ := strings.Cut(pair, "=")
		k, kerr := url.QueryUnescape(name)
		v, verr := url.QueryUnescape(value)
		if kerr != nil || verr != nil {
			return nil, &SyntaxError{Detail: fmt.Sprintf("form field %d is not URL-encoded properly", n)}
		}
		if err := put(root, k, v); err != nil {
			return nil, err
		}
	}
	if n == 0 {
		return nil, &SyntaxError{Detail: "the body is empty"}
	}
	return lists(root).(map[string]any), nil
}

func parseMultipart(body []byte, boundary string) (map[string]any, error) {
	if boundary == "" {
		return nil, &SyntaxError{Detail: "multipart/form-data without a boundary"}
	}
	root := map[string]any{}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n >= maxPairs {
			return nil, &SyntaxError{Detail: "the multipart body is broken or has too many parts"}
		}
		v, err := io.ReadAll(io.LimitReader(part, maxPart))
		if err != nil {
			return nil, &SyntaxError{Detail: "the multipart body ends too early"}
		}
		if err := put(root, part.FormName(), string(v)); err != nil {
			return nil, err
		}
	}
	return lists(root).(map[string]any), nil
}

// put stores a value under a PHP name such as fields[custom_fields_values][0][field_id]; "[]" appends.
func put(root map[string]any, name, value string) error {
	first, rest, _ := strings.Cut(name, "[")
	keys := []string{first}
	for rest != "" {
		k, after, closed := strings.Cut(rest, "]")
		if !closed || len(keys) >= maxDepth || (after != "" && after[0] != '[') {
			return &SyntaxError{Detail: fmt.Sprintf("form field name %.100q can't be read", name)}
		}
		keys, rest = append(keys, k), strings.TrimPrefix(after, "[")
	}
	node := root
	for i, k := range keys {
		if k == "" && i > 0 {
			k = strconv.Itoa(len(node))
		}
		if i == len(keys)-1 {
			if _, taken := node[k].(map[string]any); taken {
				return &SyntaxError{Detail: fmt.Sprintf("form field %.100q is both a value and a group", name)}
			}
			node[k] = value
			return nil
		}
		next, ok := node[k].(map[string]any)
		if !ok {
			if _, taken := node[k]; taken {
				return &SyntaxError{Detail: fmt.Sprintf("form field %.100q is both a value and a group", name)}
			}
			next = map[string]any{}
			node[k] = next
		}
		node = next
	}
	return nil
}

// lists turns groups whose keys are all numbers into lists, in the order of the numbers. In custom_fields the numbers are
// field ids.
func lists(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k := range m {
		if ids, ok := m[k].(map[string]any); ok && k == "custom_fields" {
			for id := range ids {
				ids[id] = lists(ids[id])
			}
			continue
		}
		m[k] = lists(m[k])
	}
	if l, ok := Numbered(m); ok {
		return l
	}
	return m
}

// Numbered returns a map whose keys are all numbers as the list that PHP meant.
func Numbered(m map[string]any) ([]any, bool) {
	keys := make([]int, 0, len(m))
	for k := range m {
		n, err := strconv.Atoi(k)
		if err != nil || n < 0 || strconv.Itoa(n) != k {
			return nil, false
		}
		keys = append(keys, n)
	}
	if len(keys) == 0 {
		return nil, false
	}
	sort.Ints(keys)
	out := make([]any, len(keys))
	for i, n := range keys {
		out[i] = m[strconv.Itoa(n)]
	}
	return out, true
}
