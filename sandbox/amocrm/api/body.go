package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// obj is a JSON object on its way in.
type obj = map[string]any

// MaxBody bounds request bodies, in bytes: 250 leads with many fields stay far below.
const MaxBody = 16 << 20

// MaxWrite is how many objects one write may carry (amocrm.md §8.1).
const MaxWrite = 250

// readBody decodes the JSON body with numbers kept as written. It answers the 400 itself.
func readBody(w http.ResponseWriter, r *http.Request) (v any, ok bool) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err == nil && len(bytes.TrimSpace(raw)) == 0 {
		BadRequest(w, "Request data blank")
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err != nil || dec.Decode(&v) != nil || dec.More() {
		BadRequest(w, "Invalid request body")
		return nil, false
	}
	return v, true
}

// readSaying is readBody for a body that must say something.
func readSaying(w http.ResponseWriter, r *http.Request) (v any, ok bool) {
	v, ok = readBody(w, r)
	m, isMap := v.(obj)
	list, isList := v.([]any)
	if ok && (v == nil || isMap && len(m) == 0 || isList && len(list) == 0) {
		BadRequest(w, "Request data blank")
		return nil, false
	}
	return v, ok
}

// ReadBatch decodes a top-level array of objects, at most max of them.
func ReadBatch(w http.ResponseWriter, r *http.Request, max int) ([]obj, bool) {
	v, ok := readSaying(w, r)
	if !ok {
		return nil, false
	}
	list, ok := AsList(v)
	if len(list) > max {
		Problem(w, http.StatusUnprocessableEntity, "Unprocessable Entity", "Limit "+strconv.Itoa(max)+" entities per request")
		return nil, false
	}
	items := make([]obj, len(list))
	for i, el := range list {
		var isMap bool
		items[i], isMap = el.(obj)
		ok = ok && isMap
	}
	if !ok {
		BadRequest(w, "Invalid request body")
	}
	return items, ok
}

// AsList takes an array, or an object whose keys are indices, in the order of their numbers: that is how PHP encodes an
// array with a gap in it, and how some clients rebuild every array that they clean.
func AsList(raw any) ([]any, bool) {
	if list, ok := raw.([]any); ok {
		return list, true
	}
	m, ok := raw.(obj)
	if !ok {
		return nil, false
	}
	indices := make([]int64, 0, len(m))
	for key := range m {
		i, err := strconv.ParseInt(key, 10, 64)
		if err != nil || i < 0 || strconv.FormatInt(i, 10) != key {
			return nil, false
		}
		indices = append(indices, i)
	}
	slices.Sort(indices)
	list := make([]any, len(indices))
	for i, index := range indices {
		list[i] = m[strconv.FormatInt(index, 10)]
	}
	return list, true
}

// ReadObject decodes a single object.
func ReadObject(w http.ResponseWriter, r *http.Request) (obj, bool) {
	v, ok := readSaying(w, r)
	m, isMap := v.(obj)
	if ok && !isMap {
		BadRequest(w, "Invalid request body")
	}
	return m, isMap
}

// RequestID is the item's own request_id, or its index; sent tells which.
func RequestID(m obj, index int) (id string, sent bool) {
	switch v := m["request_id"].(type) {
	case string:
		if v != "" {
			return v, true
		}
	case json.Number:
		return v.String(), true
	}
	return strconv.Itoa(index), false
}

// ReadOptional reads the object that a body may hold; no body is none.
func ReadOptional(w http.ResponseWriter, r *http.Request) (obj, bool) {
	if r.ContentLength == 0 {
		return nil, true
	}
	v, ok := readBody(w, r)
	m, _ := v.(obj)
	return m, ok
}
