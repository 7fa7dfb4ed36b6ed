package usedesk

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/sidecard/sidecard/connector/wire"
)

// some returns a text in which "0" means nothing, as in a ticket's email.
func some(t wire.Text) string {
	if text := t.Trim(); text != "0" {
		return text
	}
	return ""
}

// worded is a string that the block body spells plainly and the API as an object: "a@example.com" or {"email": …}.
type worded string

// UnmarshalJSON implements json.Unmarshaler.
func (w *worded) UnmarshalJSON(b []byte) error {
	var o struct {
		Email wire.Text `json:"email"`
		URL   wire.Text `json:"url"`
		Name  wire.Text `json:"name"`
		Value wire.Text `json:"value"`
	}
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
		*w = worded(cmp.Or(some(o.Email), some(o.URL), some(o.Name), some(o.Value)))
		return nil
	}
	var t wire.Text
	err := t.UnmarshalJSON(b)
	*w = worded(some(t))
	return err
}

func strs(in []worded) []string {
	var out []string
	for _, w := range in {
		if w != "" && !slices.Contains(out, string(w)) {
			out = append(out, string(w))
		}
	}
	return out
}

// moment returns a time of the API, which is UTC; anything else is the zero time.
func moment(t wire.Text) time.Time {
	for _, layout := range []string{time.DateTime, time.RFC3339} {
		if v, err := time.Parse(layout, t.Trim()); err == nil {
			return v.UTC()
		}
	}
	return time.Time{}
}
