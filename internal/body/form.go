package body

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/sidecard/sidecard/connector/wire"
)

// Bounds of a form body.
const (
	maxPairs     = 2000
	maxJSONParts = 20
)

// pair is one field of a form, its bytes as they came. json marks a part that says it is JSON.
type pair struct {
	name, value []byte
	json        bool
}

func parseForm(body, charset string, objects []string) (map[string]any, error) {
	var pairs []pair
	for field := range strings.SplitSeq(strings.TrimRight(body, "\r\n"), "&") {
		if field == "" {
			continue
		}
		if len(pairs) == maxPairs {
			return nil, &SyntaxError{Detail: fmt.Sprintf("the form has more than %d fields", maxPairs)}
		}
		name, value, _ := strings.Cut(field, "=")
		p := pair{name: unescape(strings.TrimPrefix(name, "amp;")), value: unescape(value)}
		pairs = append(pairs, p)
	}
	if len(pairs) == 0 {
		return nil, &SyntaxError{Detail: "the body is empty"}
	}
	if !isASCII([]byte(body)) {
		charset = "" // the body is decoded already
	}
	return plant(pairs, charset, objects)
}

func parseMultipart(body []byte, m mediaType, objects []string) (map[string]any, error) {
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
		if err != nil || n >= maxPairs || jsonParts > maxJSONParts {
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
	return plant(pairs, m.charset, objects)
}

// readPart reads one part; ok is false for a file that is no JSON and for a part that has no name.
func readPart(part *multipart.Part) (p pair, ok bool, err error) {
	m := parseMediaType(part.Header.Get("Content-Type"))
	p = pair{name: []byte(part.FormName()), json: m.json() || strings.HasSuffix(strings.ToLower(part.FileName()), ".json")}
	if !p.json && (part.FileName() != "" || len(p.name) == 0) {
		return p, false, nil
	}
	var from io.Reader = part
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") {
		from = base64.NewDecoder(base64.StdEncoding, part)
	}
	if p.value, err = io.ReadAll(from); err != nil {
		return p, false, &SyntaxError{Detail: "the multipart body ends too early"}
	}
	if p.json || m.charset != "" {
		var text string
		text, err = decodeText(p.value, m.charset)
		p.value = []byte(text)
	}
	return p, err == nil, err
}

// plant builds the tree of a form. A form whose only field holds a JSON object is that object.
func plant(pairs []pair, charset string, objects []string) (map[string]any, error) {
	for _, p := range pairs {
		if string(p.name) == "_charset_" && charset == "" {
			charset = strings.ToLower(string(p.value))
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
	wire.Lists(root, objects)
	return root, nil
}

// decodePairs returns names and values as text. It decides on the charset of all of them at once: one alone may be too short
// to tell.
func decodePairs(pairs []pair, charset string) ([]string, error) {
	const separator = "\x1e" // nothing that a text needs
	var all []byte
	for _, p := range pairs {
		for _, b := range [][]byte{p.name, p.value} {
			all = append(append(all, bytes.ReplaceAll(b, []byte(separator), nil)...), separator...)
		}
	}
	text, err := decodeText(all, charset)
	return strings.Split(text, separator), err
}

var escape = regexp.MustCompile(`(%u[0-9A-Fa-f]{4})+|%[0-9A-Fa-f]{2}|\+`)

// unescape decodes the percent signs of a form, those of JavaScript's escape (%u041f) too. One that begins no code is itself.
func unescape(s string) []byte {
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
