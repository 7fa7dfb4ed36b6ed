// Package body reads request bodies of helpdesks, form builders and people, whatever their Content-Type and charset are,
// and limits the memory that callers can take before they are authenticated: the bytes of bodies that are being read, and
// the values of a JSON text, each of which costs many times its bytes once it is decoded. It knows nothing of what the
// bodies mean.
//
// Invariants: a text that leaves the package is valid UTF-8 without control characters; what can be read in two ways is an
// error; an error names line and column of the text as it came.
package body

import (
	"cmp"
	"fmt"
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

// mediaType is the content of a Content-Type header.
type mediaType struct{ kind, charset, boundary string }

// parseMediaType reads a Content-Type header as senders write it: doubled types and parameters, single quotes, stray
// separators. The first type that names a format of ours wins, else the first one; so does the first of equal parameters.
func parseMediaType(header string) mediaType {
	var m mediaType
	for _, part := range splitHeader(header) {
		name, value, isParam := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch {
		case !isParam:
			if strings.Contains(name, "/") && (m.kind == "" || !m.known() && (mediaType{kind: name}).known()) {
				m.kind = name
			}
		case name == "charset" && m.charset == "":
			m.charset = strings.ToLower(value)
		case name == "boundary" && m.boundary == "":
			m.boundary = value
		}
	}
	return m
}

// splitHeader cuts a header at its commas and semicolons, outside of quotes.
func splitHeader(header string) []string {
	quoted := false
	return strings.FieldsFunc(header, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ',' || r == ';')
	})
}

func (m mediaType) known() bool { return m.json() || m.form() || m.multipart() }

// json reports every name of JSON: application/json, text/json, application/x-json, application/vnd.example+json.
func (m mediaType) json() bool { return strings.Contains(m.kind, "json") }

func (m mediaType) form() bool { return m.kind == "application/x-www-form-urlencoded" }

func (m mediaType) multipart() bool { return strings.HasPrefix(m.kind, "multipart/") }

// vague reports a type that leaves the body's format open.
func (m mediaType) vague() bool {
	return m.kind == "" || m.kind == "text/plain" || m.kind == "application/octet-stream" || !strings.Contains(m.kind, "/")
}

// SyntaxError is the error of a body that can't be read at all.
type SyntaxError struct {
	Line, Column int // both from 1; 0 when the format has no lines
	Detail       string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Detail
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Detail)
}

// ContentTypeError is the error of a body in a format that is not read here.
type ContentTypeError struct{ Given string }

func (e *ContentTypeError) Error() string {
	return "send application/json, application/x-www-form-urlencoded or multipart/form-data; the request says " + cmp.Or(e.Given, "nothing")
}
