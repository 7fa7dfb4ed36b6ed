package wire

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxDepth is the number of names that the address of a form's value may have.
const MaxDepth = 10

// Put stores a value under a PHP name such as fields[custom_fields_values][0][field_id]; "[]" appends.
func Put(root map[string]any, name string, value any) error {
	first, rest, _ := strings.Cut(name, "[")
	keys := []string{strings.TrimSpace(first)}
	for rest != "" {
		k, after, closed := strings.Cut(rest, "]")
		if !closed || len(keys) >= MaxDepth || (after != "" && after[0] != '[') {
			return fmt.Errorf("form field name %.100q can't be read", name)
		}
		keys, rest = append(keys, k), strings.TrimPrefix(after, "[")
	}
	node := root
	for i, k := range keys {
		if k == "" && i > 0 {
			k = nextNumber(node)
		}
		have, taken := node[k]
		group, isGroup := have.(map[string]any)
		last := i == len(keys)-1
		if taken && isGroup == last && have != "" && value != "" {
			return fmt.Errorf("form field %.100q is both a value and a group", name)
		}
		switch {
		case last && isGroup: // nothing beside a group says nothing
		case last:
			node[k] = value
		case !isGroup:
			group = map[string]any{}
			node[k] = group
		}
		node = group
	}
	return nil
}

// nextNumber returns the next number that is no key yet.
func nextNumber(node map[string]any) string {
	n := len(node)
	for ; ; n++ {
		if _, taken := node[strconv.Itoa(n)]; !taken {
			return strconv.Itoa(n)
		}
	}
}

// Lists turns the groups of a tree whose keys are all numbers into lists, in the order of the numbers. The groups that
// objects names are left as they are.
func Lists(m map[string]any, objects []string) {
	for k, v := range m {
		group, ok := v.(map[string]any)
		if !ok {
			continue
		}
		Lists(group, objects)
		if l, ok := Numbered(group); ok && !slices.Contains(objects, k) {
			m[k] = l
		}
	}
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
	slices.Sort(keys)
	out := make([]any, len(keys))
	for i, n := range keys {
		out[i] = m[strconv.Itoa(n)]
	}
	return out, true
}
