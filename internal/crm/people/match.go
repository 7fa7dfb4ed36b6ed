package people

import (
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
)

// maxKeys bounds how many phones, e-mails and messengers of one client count, each, maxQueries how many of them amoCRM's search is asked for.
const (
	maxKeys    = 20
	maxQueries = 5
)

// keys are what a client can be found by: distinct, at most maxKeys each.
type keys struct {
	phones  []phone.Value
	emails  []string // as typed
	handles []string // of messengers, as they are compared
}

func (k keys) empty() bool { return len(k.phones) == 0 && len(k.emails) == 0 }

func keysOf(c helpdesk.Client, region string) keys {
	var k keys
	seen := map[string]bool{}
	for _, typed := range c.Phones {
		for _, v := range phone.Values(strings.TrimSpace(typed), region) {
			v.Digits = slices.DeleteFunc(v.Digits, func(d string) bool { return seen[d] })
			if len(v.Digits) == 0 || len(k.phones) == maxKeys {
				continue
			}
			for _, d := range v.Digits {
				seen[d] = true
			}
			k.phones = append(k.phones, v)
		}
	}
	for _, typed := range c.Emails {
		for _, e := range email.Split(typed) {
			if key := email.Key(e); email.Valid(e) && !seen[key] && len(k.emails) < maxKeys {
				seen[key] = true
				k.emails = append(k.emails, e)
			}
		}
	}
	for _, m := range c.Messengers {
		if line := m.Line(); line != "" && !seen[line] && len(k.handles) < maxKeys {
			seen[line] = true
			k.handles = append(k.handles, line)
		}
	}
	return k
}

// split returns the keys that amoCRM's search is asked for and, as texts, the others. It does not know messengers apart.
func (k keys) split() (asked keys, left []string) {
	phones, emails := min(len(k.phones), maxQueries), min(len(k.emails), maxQueries)
	for _, p := range k.phones[phones:] {
		left = append(left, p.Stored)
	}
	return keys{phones: k.phones[:phones], emails: k.emails[:emails]}, append(left, k.emails[emails:]...)
}

// queries are the distinct texts to search for, none of them empty.
func (k keys) queries(region string) []string {
	var out []string
	for _, p := range k.phones {
		for _, n := range phone.Read(p.Stored, region) {
			out = append(out, n.Search())
		}
	}
	for _, e := range k.emails {
		out = append(out, email.Spellings(e)...)
	}
	return distinct(out, strings.ToLower)
}

// lines are the keys in the form in which they are compared.
func (k keys) lines() []string {
	var out []string
	for _, p := range k.phones {
		out = append(out, p.Digits...)
	}
	for _, e := range k.emails {
		out = append(out, email.Key(e))
	}
	return append(out, k.handles...)
}

// without returns the lines that are not in asked.
func (k keys) without(asked map[string]bool) []string {
	return slices.DeleteFunc(k.lines(), func(line string) bool { return asked[line] })
}

// match returns by which keys a contact is the client. Empty: it is a near-miss of the search.
func (k keys) match(c amocrm.Contact, region string) []Match { return matches(k.lines(), c, region) }

// matches returns the phones, e-mails and messengers of a contact, as stored, that are one of these lines.
func matches(lines []string, c amocrm.Contact, region string) []Match {
	var out []Match
	among := func(key string) bool { return slices.Contains(lines, key) }
	for _, stored := range texts(c.Fields, fields.CodePhone) {
		if slices.ContainsFunc(phone.Keys(stored, region), among) {
			out = append(out, Match{MatchPhone, stored})
		}
	}
	for _, stored := range texts(c.Fields, fields.CodeEmail) {
		if slices.ContainsFunc(email.Keys(stored), among) {
			out = append(out, Match{MatchEmail, stored})
		}
	}
	for _, m := range crm.MessengersOf(c) {
		of := helpdesk.Client{Messengers: []helpdesk.Messenger{m}}.WithNumbers()
		if among(m.Line()) || slices.ContainsFunc(of.Phones, func(p string) bool { return slices.ContainsFunc(phone.Keys(p, region), among) }) {
			out = append(out, Match{MatchMessenger, m.ID})
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
			return slices.ContainsFunc(client.Emails, func(m string) bool { return email.Same(m, e) })
		})
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
