package triggers

import (
	"encoding/json"
	"sort"
	"strings"

	"github.com/sidecard/sidecard/intake"
)

// Errors of a body that can't be read at all.
type (
	SyntaxError      = intake.SyntaxError
	ContentTypeError = intake.ContentTypeError
)

// Bind reads a rule's body: JSON, form or multipart; bare or wrapped as {url, data, headers} (usedesk.md §3.2). Numbers
// may be strings, a blank string means "not given". key is the trigger key if the body holds one; it is returned beside
// *Problems too, which lists every mistake. Other errors: *ContentTypeError, *SyntaxError.
func Bind(contentType string, body []byte) (r Request, key string, err error) {
	root, err := intake.Read(contentType, body)
	if err != nil {
		return Request{}, "", err
	}
	data, key := unwrap(root)
	rd := &reader{}
	r = rd.request(data)
	rd.validate(r)
	if len(rd.problems) > 0 {
		sort.SliceStable(rd.problems, func(i, j int) bool { return rd.problems[i].Path < rd.problems[j].Path })
		return r, key, &Problems{List: rd.problems}
	}
	return r, key, nil
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
