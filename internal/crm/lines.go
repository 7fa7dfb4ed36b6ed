package crm

import (
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
)

// Codes of a contact's fields by which it can be found.
const (
	codePhone     = "PHONE"
	codeEmail     = "EMAIL"
	codeMessenger = "IM"
)

// LinesOf returns the phones, e-mail addresses and messengers of a contact in the form in which they are compared.
func LinesOf(c amocrm.Contact, region string) []string {
	var out []string
	add := func(lines ...string) {
		for _, line := range lines {
			if line != "" && len(out) < maxMarks && !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	for _, s := range textsOf(c, codePhone) {
		add(phone.Keys(s, region)...)
	}
	for _, s := range textsOf(c, codeEmail) {
		add(email.Keys(s)...)
	}
	of := helpdesk.Client{Messengers: MessengersOf(c)}.WithNumbers()
	for _, s := range of.Phones {
		add(phone.Keys(s, region)...)
	}
	for _, m := range of.Messengers {
		add(m.Line())
	}
	return out
}

// UnreadOf returns the phones of a contact that can't be read: they are compared digit by digit, and other ways to write them are not
// found.
func UnreadOf(c amocrm.Contact, region string) []string {
	return slices.DeleteFunc(textsOf(c, codePhone), func(s string) bool { return phone.Certain(s, region) })
}

// MessengersOf returns a contact's accounts in messengers.
func MessengersOf(c amocrm.Contact) []helpdesk.Messenger {
	var out []helpdesk.Messenger
	for _, f := range c.Fields {
		if !strings.EqualFold(f.FieldCode, codeMessenger) {
			continue
		}
		for _, value := range f.Decode(time.UTC) {
			if of, ok := value.(amocrm.Choice); ok {
				out = append(out, helpdesk.Messenger{Type: of.Code, ID: of.Value})
			}
		}
	}
	return out
}

func textsOf(c amocrm.Contact, code string) []string {
	var out []string
	for _, f := range c.Fields {
		if strings.EqualFold(f.FieldCode, code) {
			out = append(out, f.Text()...)
		}
	}
	return out
}
