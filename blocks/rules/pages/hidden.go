package pages

import (
	"encoding/json"
	"errors"
	"regexp"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/phone"
)

// errMasked says that a text with a hidden phone was changed: what it was meant to be can't be known.
var errMasked = errors.New("a text with a hidden phone was changed")

// jsonValue finds the texts of a JSON document, and the numbers that are long enough for a phone.
var jsonValue = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?\d{7,}(?:\.\d+)?`)

// maskJSON hides the phones in a JSON document; a number in which one is hidden becomes a text.
func maskJSON(f format, doc string) string {
	if !f.Masked {
		return doc
	}
	if !json.Valid([]byte(doc)) { // a body that can't be read
		return f.Words(doc)
	}
	return jsonValue.ReplaceAllStringFunc(doc, func(token string) string {
		text := plainText(token)
		shown := f.Words(text)
		if shown == text {
			return token
		}
		quoted, _ := request.JSON(shown, "") // a string can always be encoded
		return quoted
	})
}

// unmaskJSON puts back into an edited document what maskJSON hid of the stored one. errMasked when a hidden phone has no
// counterpart there.
func unmaskJSON(f format, doc, stored string) (string, error) {
	if !f.Masked || !phone.HasMasked(doc) {
		return doc, nil
	}
	if doc == maskJSON(f, stored) {
		return stored, nil
	}
	var known []string
	tokens := map[string]string{}
	for _, token := range jsonValue.FindAllString(stored, -1) {
		text := plainText(token)
		known, tokens[text] = append(known, text), token
	}
	var err error
	out := jsonValue.ReplaceAllStringFunc(doc, func(token string) string {
		text := plainText(token)
		if !phone.HasMasked(text) {
			return token
		}
		original, found := tokens[f.Unmask(text, known)]
		if !found {
			err = errMasked
		}
		return original
	})
	return out, err
}

// plainText is a JSON token's text: a string without its quotes and escapes, a number as it is written.
func plainText(token string) string {
	var s string
	if err := json.Unmarshal([]byte(token), &s); err != nil {
		return token // a number, or no JSON at all: the reader says so
	}
	return s
}
