package usedesk

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/sidecard/sidecard/connector/wire"
)

// Client is a client of the helpdesk (usedesk.md §2.2); Company is the name of the client's own company.
type Client struct {
	ID         int64
	Name       string
	Company    string
	Position   string
	Note       string
	Emails     []string
	Phones     []Phone
	Messengers []Messenger
	Socials    []Social
	Sites      []string
}

// Phone is a number as stored; Type is home, mobile, stationary, fax, other or empty.
type Phone struct{ Type, Number string }

// Messenger is an identity in a messenger; Type is open (telegram, whatsapp, …).
type Messenger struct{ Type, Identity string }

// Social is a profile in a social network.
type Social struct{ Type, URL, UID string }

type clientWire struct {
	ID       wire.Int          `json:"id"`
	Name     wire.Text         `json:"name"`
	Position wire.Text         `json:"position"`
	Note     wire.Text         `json:"note"`
	Emails   wire.List[worded] `json:"emails"`
	Sites    wire.List[worded] `json:"sites"`
	Phones   wire.List[struct {
		Type  wire.Text `json:"type"`
		Phone wire.Text `json:"phone"`
	}] `json:"phones"`
	Messengers wire.List[struct {
		Type     wire.Text `json:"type"`
		Identity wire.Text `json:"identity"`
		UID      wire.Text `json:"uid"`
	}] `json:"messengers"`
	Socials wire.List[struct {
		Type wire.Text `json:"type"`
		URL  wire.Text `json:"url"`
		UID  wire.Text `json:"uid"`
	}] `json:"social_networks"`
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
		ID: int64(w.ID), Name: w.Name.Trim(), Company: string(w.Company), Position: some(w.Position), Note: some(w.Note),
		Emails: strs(w.Emails), Sites: strs(w.Sites),
	}
	for _, x := range w.Phones {
		if number := some(x.Phone); number != "" {
			p.Phones = append(p.Phones, Phone{x.Type.Trim(), number})
		}
	}
	for _, x := range w.Messengers {
		identity := some(x.Identity)
		if identity == "" {
			identity = some(x.UID)
		}
		if identity != "" {
			p.Messengers = append(p.Messengers, Messenger{x.Type.Trim(), identity})
		}
	}
	for _, x := range w.Socials {
		if some(x.URL) != "" || some(x.UID) != "" {
			p.Socials = append(p.Socials, Social{x.Type.Trim(), some(x.URL), some(x.UID)})
		}
	}
	return p
}

// ClientUpdate is what a client is changed with; zero members are not sent. Emails and Phone are added to those that
// the client has; Note is appended to the old one.
type ClientUpdate struct {
	ID        int64
	Name      string
	Emails    []string
	Phone     string
	PhoneType string
	Position  string
	Note      string
	Sites     []string
}

// UpdateClient changes a client of the helpdesk.
func (c *API) UpdateClient(ctx context.Context, in ClientUpdate) error {
	const op = "update/client"
	if in.ID <= 0 {
		return &Error{Op: op, Kind: KindInvalid, Detail: "the client's id is missing"}
	}
	params := map[string]any{"client_id": in.ID}
	for name, value := range map[string]string{
		"name": in.Name, "phone": in.Phone, "phone_type": in.PhoneType, "position": in.Position, "note": in.Note,
	} {
		if value != "" {
			params[name] = value
		}
	}
	for name, values := range map[string][]string{"emails": in.Emails, "sites": in.Sites} {
		if len(values) > 0 {
			params[name] = values
		}
	}
	if in.Note != "" {
		params["is_new_note"] = false
	}
	_, err := c.write(ctx, op, params)
	return err
}
