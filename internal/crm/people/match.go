package people

import (
	"net/mail"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
)

// maxKeys bounds how many phones and e-mails of one client are searched for, each.
const maxKeys = 5

// keys are what a client can be found by: distinct, cleaned, at most maxKeys each.
type keys struct {
	phones []string // as the helpdesk has them
	emails []string // folded
}

func (k keys) empty() bool { return len(k.phones) == 0 && len(k.emails) == 0 }

func keysOf(c helpdesk.Client, region string) keys {
	var k keys
	for _, p := range c.Phones {
		p = strings.TrimSpace(p)
		if len(k.phones) < maxKeys && phone.SearchDigits(p, region) != "" && !phone.In(k.phones, p, region) {
			k.phones = append(k.phones, p)
		}
	}
	for _, e := range distinct(c.Emails, foldEmail) {
		if e = foldEmail(e); len(k.emails) < maxKeys && isEmail(e) {
			k.emails = append(k.emails, e)
		}
	}
	return k
}

// queries are the distinct texts to search for, none of them empty.
func (k keys) queries(region string) []string {
	var out []string
	for _, p := range k.phones {
		out = append(out, phone.SearchDigits(p, region))
	}
	return distinct(append(out, k.emails...), foldEmail) // digits fold to themselves
}

// match returns by which keys a contact is the client: every stored phone and e-mail that equals one of the client's. Empty: it is a
// near-miss of the search.
func (k keys) match(c amocrm.Contact, region string) []Match {
	var out []Match
	for _, stored := range texts(c.Fields, fields.CodePhone) {
		if phone.In(k.phones, stored, region) {
			out = append(out, Match{MatchPhone, stored})
		}
	}
	for _, stored := range texts(c.Fields, fields.CodeEmail) {
		if slices.Contains(k.emails, foldEmail(stored)) {
			out = append(out, Match{MatchEmail, stored})
		}
	}
	return out
}

// SameClient reports whether a contact is the client: by a phone or an e-mail, or by its name when it has neither.
func SameClient(c amocrm.Contact, client helpdesk.Client, region string) bool {
	phones, emails := texts(c.Fields, fields.CodePhone), texts(c.Fields, fields.CodeEmail)
	if len(phones)+len(emails) == 0 {
		return strings.EqualFold(crm.ContactName(c), strings.TrimSpace(client.Name))
	}
	return slices.ContainsFunc(phones, func(p string) bool { return phone.In(client.Phones, p, region) }) ||
		slices.ContainsFunc(emails, func(e string) bool {
			return slices.ContainsFunc(client.Emails, func(m string) bool { return strings.EqualFold(strings.TrimSpace(m), e) })
		})
}

func foldEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

// texts returns the non-empty values of the fields with a code.
func texts(fields amocrm.FieldValues, code string) []string {
	var out []string
	for _, f := range fields {
		if !strings.EqualFold(f.FieldCode, code) {
			continue
		}
		for _, s := range f.Text() {
			if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
