package body

import "strings"

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
