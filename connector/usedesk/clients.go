package usedesk

import (
	"bytes"
	"context"
	"encoding/json"
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
	ID       number       `json:"id"`
	Name     text         `json:"name"`
	Position text         `json:"position"`
	Note     text         `json:"note"`
	Emails   many[worded] `json:"emails"`
	Sites    many[worded] `json:"sites"`
	Phones   many[struct {
		Type  text `json:"type"`
		Phone text `json:"phone"`
	}] `json:"phones"`
	Messengers many[struct {
		Type     text `json:"type"`
		Identity text `json:"identity"`
		UID      text `json:"uid"`
	}] `json:"messengers"`
	Socials many[struct {
		Type text `json:"type"`
		URL  text `json:"url"`
		UID  text `json:"uid"`
	}] `json:"social_networks"`
	Company worded `json:"client_company"`
}

// ClientByID returns a client of the helpdesk; ErrNotFound when it does not exist.
func (c *API) ClientByID(ctx context.Context, id int64) (Client, error) {
	if id <= 0 {
		return Client{}, &Error{Op: "client", Kind: KindInvalid, Detail: "the client's id is missing"}
	}
	var found many[wrapped]
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
		ID: int64(w.ID), Name: string(w.Name), Company: string(w.Company), Position: w.Position.some(), Note: w.Note.some(),
		Emails: strs(w.Emails), Sites: strs(w.Sites),
	}
	for _, x := range w.Phones {
		if number := x.Phone.some(); number != "" {
			p.Phones = append(p.Phones, Phone{string(x.Type), number})
		}
	}
	for _, x := range w.Messengers {
		identity := x.Identity.some()
		if identity == "" {
			identity = x.UID.some()
		}
		if identity != "" {
			p.Messengers = append(p.Messengers, Messenger{string(x.Type), identity})
		}
	}
	for _, x := range w.Socials {
		if x.URL.some() != "" || x.UID.some() != "" {
			p.Socials = append(p.Socials, Social{string(x.Type), x.URL.some(), x.UID.some()})
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
