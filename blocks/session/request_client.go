package session

import (
	"strings"

	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/runes"
)

// maxKeys bounds how many phones, e-mails and handles of one client are kept: each costs a search.
const maxKeys = 20

// client reads client_data and, when it names no address, the one the client wrote from.
func client(top *loose) helpdesk.Client {
	data := top.object("client_data")
	c := helpdesk.Client{
		ID:       top.id("client_id"),
		Name:     runes.First(data.text("name"), 250),
		Company:  runes.First(data.text("company"), 250),
		Position: runes.First(data.text("position"), 250),
	}
	for _, e := range data.list("emails") {
		c.Emails = appendNew(c.Emails, e.either("", "email"))
	}
	for _, p := range data.list("phones") {
		c.Phones = appendNew(c.Phones, p.either("", "phone"))
	}
	for _, s := range data.list("sites") {
		c.Sites = appendNew(c.Sites, s.either("", "url"))
	}
	for _, m := range data.list("messengers") {
		if id := m.either("id", "identity"); id != "" && len(c.Messengers) < maxKeys {
			c.Messengers = append(c.Messengers, helpdesk.Messenger{Type: runes.First(m.text("type"), 250), ID: runes.First(id, 250)})
		}
	}
	for _, key := range []string{"from_email", "contact"} {
		from := runes.First(top.text(key), 250)
		if len(c.Emails) == 0 && strings.Count(from, "@") == 1 && !strings.HasPrefix(from, "@") {
			c.Emails = []string{from}
		}
		if len(c.Phones) == 0 && phone.International(from) {
			c.Phones = []string{from}
		}
	}
	if top.err == nil {
		top.err = data.err
	}
	return c
}

func appendNew(list []string, s string) []string {
	if s == "" || len(list) >= maxKeys {
		return list
	}
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, runes.First(s, 250))
}
