package body

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"strings"

	"github.com/sidecard/sidecard/connector/wire"
)

// maxJSONParts bounds the parts of a multipart body that are JSON.
const maxJSONParts = 20

// pair is one field of a form. json marks a part that is declared to be JSON.
type pair struct {
	wire.Field
	json bool
}

func parseForm(body, charset string) (map[string]any, error) {
	fields, err := wire.Fields(body)
	if err != nil {
		return nil, &SyntaxError{Detail: err.Error()}
	}
	if len(fields) == 0 {
		return nil, &SyntaxError{Detail: "the body is empty"}
	}
	if !isASCII([]byte(body)) {
		charset = "" // the body is decoded already
	}
	pairs := make([]pair, len(fields))
	for i, f := range fields {
		pairs[i].Field = f
	}
	return plant(pairs, charset)
}

func parseMultipart(body []byte, m mediaType) (map[string]any, error) {
	if line, _, found := bytes.Cut(body, []byte("\n")); found && m.boundary == "" {
		m.boundary = strings.TrimPrefix(strings.TrimSpace(string(line)), "--")
	}
	if m.boundary == "" {
		return nil, &SyntaxError{Detail: "multipart/form-data without a boundary"}
	}
	var pairs []pair
	r := multipart.NewReader(bytes.NewReader(body), m.boundary)
	jsonParts := 0
	for n := 0; ; n++ {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n >= wire.MaxFields || jsonParts > maxJSONParts {
			return nil, &SyntaxError{Detail: "the multipart body is broken or has too many parts"}
		}
		p, ok, err := readPart(part)
		if err != nil {
			return nil, err
		}
		if p.json {
			jsonParts++
		}
		if ok {
			pairs = append(pairs, p)
		}
	}
	return plant(pairs, m.charset)
}

// readPart reads one part; ok is false for a file that is no JSON and for a part that has no name.
func readPart(part *multipart.Part) (p pair, ok bool, err error) {
	m := parseMediaType(part.Header.Get("Content-Type"))
	p = pair{Field: wire.Field{Name: []byte(part.FormName())}, json: m.json() || strings.HasSuffix(strings.ToLower(part.FileName()), ".json")}
	if !p.json && (part.FileName() != "" || len(p.Name) == 0) {
		return p, false, nil
	}
	var from io.Reader = part
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") {
		from = base64.NewDecoder(base64.StdEncoding, part)
	}
	if p.Value, err = io.ReadAll(from); err != nil {
		return p, false, &SyntaxError{Detail: "the multipart body ends too early"}
	}
	if p.json || m.charset != "" {
		var text string
		text, err = decodeText(p.Value, m.charset)
		p.Value = []byte(text)
	}
	return p, err == nil, err
}

// plant builds the tree of a form. A form whose only field holds a JSON object is that object.
func plant(pairs []pair, charset string) (map[string]any, error) {
	for _, p := range pairs {
		if string(p.Name) == "_charset_" && charset == "" {
			charset = strings.ToLower(string(p.Value))
		}
	}
	texts, err := decodePairs(pairs, charset)
	if err != nil {
		return nil, err
	}
	root := map[string]any{}
	for i, p := range pairs {
		name, value := texts[2*i], any(texts[2*i+1])
		if p.json {
			if value, err = parseJSON(texts[2*i+1]); err != nil {
				return nil, err
			}
		}
		if err := wire.Put(root, name, value); err != nil {
			return nil, &SyntaxError{Detail: err.Error()}
		}
		if len(pairs) > 1 {
			continue
		}
		if text, ok := value.(string); ok {
			value, _ = Embedded(text)
		}
		if only, ok := value.(map[string]any); ok {
			return only, nil
		}
	}
	wire.Lists(root)
	return root, nil
}

// decodePairs returns names and values as text. It decides on the charset of all of them at once: one alone may be too short
// to tell.
func decodePairs(pairs []pair, charset string) ([]string, error) {
	const separator = "\x1e" // nothing that a text needs
	var all []byte
	for _, p := range pairs {
		for _, b := range [][]byte{p.Name, p.Value} {
			all = append(append(all, bytes.ReplaceAll(b, []byte(separator), nil)...), separator...)
		}
	}
	text, err := decodeText(all, charset)
	return strings.Split(text, separator), err
}
