package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"github.com/sidecard/sidecard/internal/runes"
)

// MaxValues is the number of values that a JSON text may have. A ticket or a rule has some hundreds.
const MaxValues = 10_000

// tooManyValues reports whether a JSON text has more than MaxValues values: half a million fit into a mebibyte, and take
// thirty of them when decoded. It counts what separates values; for other texts than JSON the result means nothing.
func tooManyValues[T string | []byte](text T) bool {
	values, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '[' || c == '{'):
			if values++; values > MaxValues {
				return true
			}
		}
	}
	return false
}

// maxNested is how often a JSON text may stand in a string of a JSON text.
const maxNested = 3

// Embedded returns the object or list that a text holds as JSON; ok is false for any other text.
func Embedded(text string) (tree any, ok bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return nil, false
	}
	v, err := parseJSON(text)
	if err != nil {
		return nil, false
	}
	return clean(v), true
}

// objectOf reads the JSON object of a body. A list of one object is that object.
func objectOf(text string) (map[string]any, error) {
	v, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	if l, ok := v.([]any); ok && len(l) == 1 {
		v = l[0]
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &SyntaxError{Line: 1, Column: 1, Detail: "the body must be a JSON object"}
	}
	return m, nil
}

// parseJSON reads one JSON value; numbers stay as written. What strict JSON refuses is read once more as people write it
// and as programs break it. A string that holds JSON is that JSON.
func parseJSON(text string) (v any, err error) {
	for range maxNested {
		if v, err = parseOnce(text); err != nil {
			return nil, err
		}
		s, ok := v.(string)
		if s = strings.TrimSpace(s); !ok || !jsonShape.MatchString(s) {
			return v, nil
		}
		text = s
	}
	return v, nil
}

func parseOnce(text string) (any, error) {
	if tooManyValues(text) {
		return nil, valuesError()
	}
	if v, err := strict(text); err == nil {
		return v, nil
	}
	if strings.TrimSpace(text) == "" {
		return nil, &SyntaxError{Detail: "the body is empty"}
	}
	r := relax(text)
	if r.values > MaxValues {
		return nil, valuesError()
	}
	tree, err := hujson.Parse(r.out)
	if err != nil {
		return nil, r.explain(err)
	}
	tree.Standardize()
	v, err := strict(string(tree.Pack()))
	if err != nil { // valid JSON that is nested too deep, or holds a number out of range
		return nil, &SyntaxError{Detail: strings.TrimPrefix(err.Error(), "json: ")}
	}
	return v, nil
}

// strict reads exactly one value of standard JSON.
func strict(text string) (v any, err error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

func valuesError() error {
	return &SyntaxError{Detail: fmt.Sprintf("it has more than %d values", MaxValues)}
}

// explain turns an error of the relaxed text into one of the text as it came.
func (r *relaxed) explain(err error) error {
	var line, column int
	detail := err.Error()
	if _, scanErr := fmt.Sscanf(detail, "hujson: line %d, column %d:", &line, &column); scanErr != nil {
		return &SyntaxError{Detail: detail}
	}
	offset := 0
	for range line - 1 {
		offset += bytes.IndexByte(r.out[offset:], '\n') + 1
	}
	_, detail, _ = strings.Cut(detail, ": ")
	_, detail, _ = strings.Cut(detail, ": ")
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		read := strings.TrimSpace(r.in)
		return at(r.in, strings.LastIndex(r.in, read)+len(read)-1, "the JSON ends too early")
	case strings.HasSuffix(detail, "after top-level value"):
		detail = "there is more after the end of the JSON document"
	}
	return at(r.in, r.origin(offset+column-1), runes.Shorten(detail, maxDetail))
}

// maxDetail is how much of the text an error may quote, in characters.
const maxDetail = 80

// at returns the error at a byte of a text.
func at(text string, offset int, detail string) error {
	read := text[:min(offset, len(text))]
	line := read[strings.LastIndexByte(read, '\n')+1:]
	return &SyntaxError{Line: strings.Count(read, "\n") + 1, Column: utf8.RuneCountInString(line) + 1, Detail: detail}
}
