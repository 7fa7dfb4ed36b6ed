package wire

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Bounds of a form.
const (
	MaxFields = 2000
	MaxDepth  = 12 // keys of one name
)

// ErrFields is the error of a form that has too many fields.
var ErrFields = fmt.Errorf("the form has more than %d fields", MaxFields)

// Field is one field of a form, its bytes as they came.
type Field struct{ Name, Value []byte }

// Fields returns the fields of a form (application/x-www-form-urlencoded) in their order. It takes what programs write: "&amp;"
// between fields, codes of JavaScript's escape (%u041f), and a percent sign that begins no code as itself. Errors: ErrFields.
func Fields(form string) ([]Field, error) {
	var fields []Field
	for field := range strings.SplitSeq(strings.TrimRight(form, "\r\n"), "&") {
		if field == "" {
			continue
		}
		if len(fields) == MaxFields {
			return nil, ErrFields
		}
		name, value, _ := strings.Cut(field, "=")
		fields = append(fields, Field{unescape(strings.TrimPrefix(name, "amp;")), unescape(value)})
	}
	return fields, nil
}

var escape = regexp.MustCompile(`(%u[0-9A-Fa-f]{4})+|%[0-9A-Fa-f]{2}|\+`)

// unescape decodes a name or a value into the bytes that were sent.
func unescape(s string) []byte {
	if usual, err := url.QueryUnescape(s); err == nil {
		return []byte(usual)
	}
	return escape.ReplaceAllFunc([]byte(s), func(code []byte) []byte {
		if code[0] == '+' {
			return []byte(" ")
		}
		var units []uint16
		for hex := range bytes.SplitSeq(code[1:], []byte("%")) {
			n, err := strconv.ParseUint(strings.TrimPrefix(string(hex), "u"), 16, 16)
			if err != nil {
				return code
			}
			units = append(units, uint16(n))
		}
		if code[1] != 'u' {
			return []byte{byte(units[0])}
		}
		return []byte(string(utf16.Decode(units)))
	})
}

// Path returns the keys of a PHP name such as fields[custom_fields_values][0][field_id]. ok is false for a name that is not
// well-formed; the keys are then those that can be read, and none when there are more than MaxDepth.
func Path(name string) (keys []string, ok bool) {
	first, rest, _ := strings.Cut(name, "[")
	keys = []string{strings.TrimSpace(first)}
	for rest != "" {
		if len(keys) == MaxDepth {
			return nil, false
		}
		key, after, closed := strings.Cut(rest, "]")
		keys = append(keys, key)
		if rest, ok = strings.CutPrefix(after, "["); !closed || after != "" && !ok {
			return keys, false
		}
	}
	return keys, true
}

// Put stores a value in a tree of maps under a PHP name; "[]" appends.
func Put(root map[string]any, name string, value any) error {
	keys, ok := Path(name)
	if !ok {
		return fmt.Errorf("form field name %.100q can't be read", name)
	}
	node := root
	for i, k := range keys {
		if k == "" && i > 0 {
			k = nextIndex(node)
		}
		have, taken := node[k]
		group, isGroup := have.(map[string]any)
		last := i == len(keys)-1
		if taken && isGroup == last && have != "" && value != "" {
			return fmt.Errorf("form field %.100q is both a value and a group", name)
		}
		switch {
		case last && isGroup: // an empty value beside a group is none
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

// nextIndex returns the next number that is no key yet.
func nextIndex(node map[string]any) string {
	n := len(node)
	for ; ; n++ {
		if _, taken := node[strconv.Itoa(n)]; !taken {
			return strconv.Itoa(n)
		}
	}
}

// Lists turns the groups of a tree whose keys are all numbers into lists, in the order of the numbers. Numbers that no form can
// count up to are ids, and their group stays one; so does the root.
func Lists(root map[string]any) {
	for k, v := range root {
		group, ok := v.(map[string]any)
		if !ok {
			continue
		}
		Lists(group)
		if keys, ok := indexes(group); ok && len(keys[len(keys)-1]) < len(strconv.Itoa(MaxFields)) {
			root[k] = inOrder(group, keys)
		}
	}
}
