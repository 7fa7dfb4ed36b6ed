package usedesk

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// number takes 123, "123", and null, "", "0", 0, false, [] or {} for none.
type number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	var t text
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	*n = 0
	if t == "" {
		return nil
	}
	i, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(string(t), 64)
		if ferr != nil || f != float64(int64(f)) {
			return errors.New("a value is not a whole number") // it may be anything, and errors are logged
		}
		i = int64(f)
	}
	*n = number(i)
	return nil
}

// text takes any scalar; null, false, [] and {} are "", other compound values are their JSON.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil { // null included
		*t = text(strings.TrimSpace(s))
		return nil
	}
	switch b = bytes.TrimSpace(b); string(b) {
	case "false", "[]", "{}":
		b = nil
	}
	*t = text(b)
	return nil
}

// some is text where "0" means none, as in a ticket's email.
func (t text) some() string {
	if t == "0" {
		return ""
	}
	return string(t)
}

// flag takes true, 1, "1", "true" for set and everything else for not set.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(bytes.TrimSpace(b)), `"`)
	*f = s == "1" || s == "true"
	return nil
}

// many is a list that may come as null, "", "0", false, one value, or an object keyed by index; null elements are
// dropped (the trap emails: [null]).
type many[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (m *many[T]) UnmarshalJSON(b []byte) error {
	*m = nil
	var raws []json.RawMessage
	b = bytes.TrimSpace(b)
	switch {
	case !present(b):
		return nil
	case b[0] == '[':
		if err := json.Unmarshal(b, &raws); err != nil {
			return err
		}
	case b[0] == '{' && keyedByIndex(b):
		var byKey map[string]json.RawMessage
		if err := json.Unmarshal(b, &byKey); err != nil {
			return err
		}
		for _, k := range sortedKeys(byKey) {
			raws = append(raws, byKey[k])
		}
	default:
		raws = []json.RawMessage{b}
	}
	for _, raw := range raws {
		if string(raw) == "null" {
			continue
		}
		var one T
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		*m = append(*m, one)
	}
	return nil
}

func keyedByIndex(b []byte) bool {
	var byKey map[string]json.RawMessage
	if json.Unmarshal(b, &byKey) != nil {
		return false
	}
	for k := range byKey {
		if _, err := strconv.Atoi(k); err != nil {
			return false
		}
	}
	return true
}

// sortedKeys sorts by number, then by text.
func sortedKeys[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		x, xerr := strconv.Atoi(a)
		y, yerr := strconv.Atoi(b)
		if xerr == nil && yerr == nil {
			return x - y
		}
		return strings.Compare(a, b)
	})
}

// worded is a string that the block body spells plainly and the API as an object: "a@example.com" or {"email": …}.
type worded string

// UnmarshalJSON implements json.Unmarshaler.
func (w *worded) UnmarshalJSON(b []byte) error {
	var o struct {
		Email text `json:"email"`
		URL   text `json:"url"`
		Name  text `json:"name"`
		Value text `json:"value"`
	}
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
		for _, t := range []text{o.Email, o.URL, o.Name, o.Value} {
			if t.some() != "" {
				*w = worded(t)
				return nil
			}
		}
		*w = ""
		return nil
	}
	var t text
	err := t.UnmarshalJSON(b)
	*w = worded(t.some())
	return err
}

func strs(in []worded) []string {
	var out []string
	for _, w := range in {
		if w != "" && !slices.Contains(out, string(w)) {
			out = append(out, string(w))
		}
	}
	return out
}

// moment reads the API's times, which are UTC; anything else is the zero time.
func moment(t text) time.Time {
	for _, layout := range []string{time.DateTime, time.RFC3339} {
		if v, err := time.Parse(layout, string(t)); err == nil {
			return v.UTC()
		}
	}
	return time.Time{}
}
