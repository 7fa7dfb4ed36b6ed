package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// parseJSON reads one JSON object; numbers stay as written.
func parseJSON(body []byte) (map[string]any, error) {
	if Crowded(body) {
		return nil, &SyntaxError{Detail: fmt.Sprintf("it has more than %d values", ValuesMost)}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		var syntax *json.SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			return nil, &SyntaxError{Detail: "the body is empty"}
		case errors.As(err, &syntax):
			return nil, at(body, syntax.Offset, syntax.Error())
		}
		return nil, at(body, int64(len(body)), "the JSON ends too early")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, at(body, dec.InputOffset(), "there is more after the end of the JSON document")
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &SyntaxError{Line: 1, Column: 1, Detail: "the body must be a JSON object"}
	}
	return m, nil
}

// at tells the line and column of the last byte read.
func at(body []byte, offset int64, detail string) error {
	read := body[:min(int(offset), len(body))]
	line := read[bytes.LastIndexByte(read, '\n')+1:]
	e := &SyntaxError{Line: bytes.Count(read, []byte("\n")) + 1, Column: max(len([]rune(string(line))), 1),
		Detail: strings.TrimPrefix(detail, "json: ")}
	if bytes.HasSuffix(read, []byte("/")) {
		e.Detail += "; JSON takes no // comments, remove them"
	}
	return e
}
