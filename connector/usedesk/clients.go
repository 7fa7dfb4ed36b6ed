package usedesk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/sidecard/sidecard/connector/wire"
)

// Client is a client of the helpdesk (usedesk.md §2.2); Company is the name of the client's own company.
type Client struct {
	ID         int64
	Name       string
	Company    string
	Position   string
	Emails     []string
	Phones     []string // as stored
	Messengers []Messenger
	Sites      []string
}

// Messenger is an identity in a messenger; Type is open (telegram, whatsapp, …).
type Messenger struct{ Type, Identity string }

type clientWire struct {
	ID       wire.Int          `json:"id"`
	Name     wire.Text         `json:"name"`
	Position wire.Text         `json:"position"`
	Emails   wire.List[worded] `json:"emails"`
	Sites    wire.List[worded] `json:"sites"`
	Phones   wire.List[struct {
		Phone wire.Text `json:"phone"`
	}] `json:"phones"`
	Messengers wire.List[struct {
		Type     wire.Text `json:"type"`
		Identity wire.Text `json:"identity"`
		UID      wire.Text `json:"uid"`
	}] `json:"messengers"`
	Company worded `json:"client_company"`
}

// ClientByID returns a client of the helpdesk; ErrNotFound when it does not exist.
func (c *API) ClientByID(ctx context.Context, id int64) (Client, error) {
	if id <= 0 {
		return Client{}, &Error{Op: "client", Kind: KindInvalid, Detail: "the client's id is missing"}
	}
	var found wire.List[wrapped]
	if err := c.read(ctx, "client", map[string]any{"client_id": id}, &found); err != nil {
		return Client{}, err
	}
	if len(found) == 0 || found[0].ID == 0 {
		return Client{}, &Error{Op: "client", Status: 200, Kind: KindNotFound, Detail: "the answer holds no client"}
	}
	return found[0].client(), nil
}

// wrapped is the client inside {"client": …}; the lists beside that member repeat it with holes and are not read.
type wrapped struct{ clientWire }

// UnmarshalJSON takes the wrapped and the bare client.
func (w *wrapped) UnmarshalJSON(b []byte) error {
	var outer struct {
		Client json.RawMessage `json:"client"`
	}
	if err := json.Unmarshal(b, &outer); err != nil {
		return err
	}
	if bytes.HasPrefix(outer.Client, []byte("{")) {
		b = outer.Client
	}
	return json.Unmarshal(b, &w.clientWire)
}

func (w clientWire) client() Client {
	p := Client{
		ID: int64(w.ID), Name: w.Name.Trim(), Company: string(w.Company), Position: some(w.Position),
		Emails: strs(w.Emails), Sites: strs(w.Sites),
	}
	for _, x := range w.Phones {
		if number := some(x.Phone); number != "" {
			p.Phones = append(p.Phones, number)
		}
	}
	for _, x := range w.Messengers {
		if identity := cmp.Or(some(x.Identity), some(x.UID)); identity != "" {
			p.Messengers = append(p.Messengers, Messenger{x.Type.Trim(), identity})
		}
	}
	return p
}

// some returns a text in which "0" means nothing, as in a ticket's email.
func some(t wire.Text) string {
	if text := t.Trim(); text != "0" {
		return text
	}
	return ""
}

// worded is a string that the block body spells plainly and the API as an object: "a@example.com" or {"email": …}.
type worded string

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
