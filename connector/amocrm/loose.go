package amocrm

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The wire is loosely typed (amocrm.md §9): numbers come as strings, "none" as null, false, 0, "" or []. The types here
// take every spelling and say no only to values that mean nothing.

// UnmarshalJSON takes a number, a string of digits, or null, false, "", [] for none.
func (id *ID) UnmarshalJSON(b []byte) error {
	s := scalar(b)
	if s == "" {
		*id = 0
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return errors.New("a value is not an id") // it may be anything, and errors are logged
		}
		n = int64(f)
	}
	*id = ID(n)
	return nil
}

// UnmarshalJSON takes a number, a numeric string, or null, false, "", [] for none.
func (n *Number) UnmarshalJSON(b []byte) error {
	s := scalar(b)
	if s == "" {
		*n = 0
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return errors.New("a value is not a number")
	}
	*n = Number(f)
	return nil
}

// scalar gives the text of a JSON scalar; "" for every spelling of none.
func scalar(b []byte) string {
	b = bytes.TrimSpace(b)
	switch string(b) {
	case "null", "false", "[]", "{}":
		return ""
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		return strings.TrimSpace(s)
	}
	return string(b)
}

// loose is a string that may come as any scalar; arrays and objects give their JSON.
type loose string

// UnmarshalJSON never fails on valid JSON.
func (l *loose) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil { // null included
		*l = loose(s)
		return nil
	}
	*l = loose(bytes.TrimSpace(b))
	return nil
}

// list is an array that may come as null, false, "", one object keyed by index, or a single value.
type list[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *list[T]) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	*l = nil
	switch {
	case scalar(b) == "":
		return nil
	case b[0] == '[':
		return json.Unmarshal(b, (*[]T)(l))
	case b[0] == '{':
		var byKey map[string]T
		if keys := indexes(b); keys != nil {
			if err := json.Unmarshal(b, &byKey); err != nil {
				return err
			}
			for _, k := range keys {
				*l = append(*l, byKey[k])
			}
			return nil
		}
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

// indexes gives the keys of a PHP array that was encoded as an object, in order; nil for any other object.
func indexes(b []byte) []string {
	var raw map[string]json.RawMessage
	if json.Unmarshal(b, &raw) != nil {
		return nil
	}
	var nums []int
	for k := range raw {
		n, err := strconv.Atoi(k)
		if err != nil {
			return nil
		}
		nums = append(nums, n)
	}
	slices.Sort(nums)
	var keys []string
	for _, n := range nums {
		keys = append(keys, strconv.Itoa(n))
	}
	if len(keys) != len(raw) {
		return nil
	}
	return keys
}

// embedded decodes raw into out when it is an object; PHP writes an empty one as [].
func embedded(raw json.RawMessage, out any) error {
	if !isObject(raw) {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// seconds is a Unix time that may be missing.
func seconds(n Number) *int64 {
	if n == 0 {
		return nil
	}
	s := int64(n)
	return &s
}
