package triggers

import (
	"bytes"
	"encoding/json"
	"mime"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/sidecard/sidecard/intake"
)

// Bind reads a rule's body: JSON, form or multipart; bare or wrapped as {url, data, headers} (usedesk.md §3.2). Numbers
// may be strings, a blank string means "not given". A value that can't be taken is left out or cut, and is in
// Request.Remarks, unless the rule is strict. key is the trigger key if the body holds one; it is returned beside
// *Problems too, which lists every mistake that stops the firing; the request is then what could be read. Other errors:
// *ContentTypeError, *SyntaxError.
func Bind(contentType string, body []byte) (r Request, key string, err error) {
	root, err := parse(contentType, body)
	if err != nil {
		return Request{}, "", err
	}
	data, key := unwrap(root)
	rd := &reader{}
	r = rd.request(data)
	rd.validate(&r)
	sort.SliceStable(rd.problems, func(i, j int) bool { return rd.problems[i].Path < rd.problems[j].Path })
	var stops []Problem
	for _, p := range rd.problems {
		if p.Remark && !r.Strict {
			r.Remarks = append(r.Remarks, p)
		} else {
			stops = append(stops, p)
		}
	}
	if len(stops) > 0 {
		return r, key, &Problems{List: stopping(stops)}
	}
	return r, key, nil
}

func parse(contentType string, body []byte) (map[string]any, error) {
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

// unwrap returns what is in "data" when the whole action was sent, and the trigger key from either level.
func unwrap(root map[string]any) (data map[string]any, key string) {
	key, _ = root["key"].(string)
	if _, bare := root["ticketId"]; bare {
		return root, strings.TrimSpace(key)
	}
	inner, ok := root["data"].(map[string]any)
	if text, isText := root["data"].(string); isText && !intake.Crowded(text) {
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		ok = dec.Decode(&inner) == nil && inner != nil
	}
	if !ok {
		return root, strings.TrimSpace(key)
	}
	if k, ok := inner["key"].(string); ok {
		key = k
	}
	return inner, strings.TrimSpace(key)
}
