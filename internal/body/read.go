package body

import (
	"net/url"
	"regexp"
	"strings"
)

// Read returns the tree of a JSON or form body: maps, lists, strings, json.Number, bool and nil. The Content-Type is
// a hint only: helpdesks and form builders send JSON as text, as a form or as nothing. Texts are UTF-8 and free of
// characters that a CRM refuses. Errors: *ContentTypeError, *SyntaxError.
func Read(contentType string, body []byte) (map[string]any, error) {
	root, err := read(parseMediaType(contentType), contentType, body)
	if err != nil {
		return nil, err
	}
	clean(root)
	return root, nil
}

func read(m mediaType, contentType string, body []byte) (map[string]any, error) {
	if m.multipart() {
		return parseMultipart(body, m)
	}
	text, err := decodeText(body, m.charset)
	if err != nil {
		return nil, err
	}
	start := strings.TrimLeftFunc(text, isBlank)
	form := m.form() || (m.vague() || m.json()) && (formShape.MatchString(start) || encodedJSON.MatchString(start))
	switch {
	case strings.HasPrefix(start, "{"), m.json() && !form:
		return objectOf(text)
	case form && encodedJSON.MatchString(start):
		if plain, err := url.QueryUnescape(strings.TrimRight(start, "=&\r\n ")); err == nil {
			return objectOf(plain)
		}
		fallthrough
	case form:
		return parseForm(text, m.charset)
	case jsonShape.MatchString(start):
		return objectOf(text)
	case m.vague() && start == "" && contentType != "":
		return nil, &SyntaxError{Detail: "the body is empty"}
	}
	return nil, &ContentTypeError{Given: m.kind}
}

var (
	// jsonShape is how JSON begins: an object, a list, a string that holds JSON, a comment.
	jsonShape = regexp.MustCompile(`^([{\["]|//|/\*)`)
	// formShape is how a form begins: a name with its brackets, and "=".
	formShape = regexp.MustCompile(`^(%[0-9A-Fa-f]{2}|%u|[\pL_])[\pL\d_.%-]*(\[[^\]\s]*\])*=`)
	// encodedJSON is a form whose only name is a whole JSON text.
	encodedJSON = regexp.MustCompile(`^%(7[Bb]|5[Bb]%7[Bb]|22%7[Bb])`)
)
