// Package wire reads what loosely typed systems send: JSON whose numbers come as text, whose lists come as objects and which
// writes nothing in five ways; forms with PHP's names (a[b][]=c); texts that may hold secrets and control characters. It
// owns these readings and the bounds of a form. It knows none of the systems, and nothing of what the values mean.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// Scalar returns the text of a JSON scalar, without the space around it. Everything that a loosely typed API writes for
// nothing is "": null, false, "", [] and {}. Other lists and objects are their JSON.
func Scalar(raw []byte) string {
	var t Text
	if t.UnmarshalJSON(raw) != nil {
		return ""
	}
	return t.Trim()
}

// Text is a string that may come as any value, as Scalar reads them; a string keeps the space around it.
type Text string

// Trim returns the text without the space around it.
func (t Text) Trim() string { return strings.TrimSpace(string(t)) }

// UnmarshalJSON never fails on valid JSON.
func (t *Text) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if bytes.HasPrefix(b, []byte(`"`)) {
		return json.Unmarshal(b, (*string)(t))
	}
	switch string(b) {
	case "null", "false", "[]", "{}":
		b = nil
	}
	*t = Text(b)
	return nil
}

// Int is a whole number, as a number or as text; nothing, as Scalar reads it, is 0.
type Int int64

func (n *Int) UnmarshalJSON(b []byte) error {
	i, err := number(b, ParseInt, "a whole number")
	*n = Int(i)
	return err
}

// Number is a number, as a number or as text; nothing, as Scalar reads it, is 0.
type Number float64

func (n *Number) UnmarshalJSON(b []byte) error {
	f, err := number(b, ParseNumber, "a number")
	*n = Number(f)
	return err
}

// number reads what parse takes; anything else and nothing, as Scalar reads it, is 0. want names it in the error.
func number[N int64 | float64](b []byte, parse func(text string) (N, bool), want string) (N, error) {
	text := Scalar(b)
	if text == "" {
		return 0, nil
	}
	n, ok := parse(text)
	if !ok {
		return 0, errors.New("a value is not " + want) // it may be anything, and errors are logged
	}
	return n, nil
}

// List is a list that may come as nothing or 0, as an object keyed by index, or as a single value. null in it is left out.
type List[T any] []T

func (l *List[T]) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	*l = nil
	var all []*T
	var err error
	switch text := Scalar(b); {
	case text == "", text == "0":
		return nil
	case bytes.HasPrefix(b, []byte("[")):
		err = json.Unmarshal(b, &all)
	case bytes.HasPrefix(b, []byte("{")) && isList(b):
		var byIndex map[string]*T
		err = json.Unmarshal(b, &byIndex)
		keys, _ := indexes(byIndex)
		all = inOrder(byIndex, keys)
	default:
		all = []*T{new(T)}
		err = json.Unmarshal(b, all[0])
	}
	if err != nil {
		return err
	}
	for _, one := range all {
		if one != nil {
			*l = append(*l, *one)
		}
	}
	return nil
}

// isList reports whether a JSON object is a list, as PHP encodes an array whose keys have holes.
func isList(object []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return false
	}
	_, indexed := indexes(members)
	return indexed || len(members) == 0
}
