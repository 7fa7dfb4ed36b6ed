package intake

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"
)

// Read returns the tree of a JSON or form body: maps, lists, strings, json.Number, bool and nil. Errors: *ContentTypeError,
// *SyntaxError.
func Read(contentType string, body []byte) (map[string]any, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && contentType != "" {
		return nil, &ContentTypeError{Given: contentType}
	}
	looksJSON := bytes.HasPrefix(bytes.TrimSpace(body), []byte("{"))
	switch {
	case kind == "multipart/form-data":
		return parseMultipart(body, params["boundary"])
	case !utf8.Valid(body):
		return nil, &SyntaxError{Detail: "the body is not UTF-8"}
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return parseJSON(body)
	case looksJSON && (kind == "" || kind == "application/x-www-form-urlencoded"):
		return parseJSON(body) // tools that post JSON without saying so
	case kind == "application/x-www-form-urlencoded":
		return parseForm(string(body))
	}
	return nil, &ContentTypeError{Given: kind}
}
