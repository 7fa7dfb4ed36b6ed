package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
)

// Missing lists the client's phones and e-mails that a contact does not carry, phones in E.164 where they are numbers.
// region is where phones without a country code are read.
func Missing(c helpdesk.Client, p Person, region string) []Match {
	k := keysOf(c, region)
	var out []Match
	for _, number := range k.phones {
		if !phone.In(p.Phones, number.Stored, region) {
			out = append(out, Match{MatchPhone, number.Stored})
		}
	}
	for _, address := range k.emails {
		if !slices.ContainsFunc(p.Emails, func(have string) bool { return email.Same(have, address) }) {
			out = append(out, Match{MatchEmail, address})
		}
	}
	return out
}

// AddMissing adds to a contact those of the client's phones and e-mails that it does not carry, and says which. What the
// contact has stays as it is, kinds included: amoCRM replaces all values of a field at once (amocrm.md §3.5), so the
// contact is read first, past all caches. A key that somebody has added meanwhile is not added twice. ErrGone when the
// CRM has no such contact.
func (cs *Contacts) AddMissing(ctx context.Context, c helpdesk.Client, contactID int64) ([]Match, error) {
	fail := func(err error) ([]Match, error) { return nil, fmt.Errorf("add to contact %d: %w", contactID, err) }
	meta, err := cs.account.Vocabulary(ctx, crm.PartAccount|crm.PartContactFields)
	if err != nil {
		return fail(err)
	}
	// Two tickets of one client at once would each write what the other has not seen yet.
	unlock, err := cs.account.Lock(ctx, "contact", crm.Decimal(contactID))
	if err != nil {
		return fail(err)
	}
	defer unlock()
	region := cs.account.Region(meta.Account.Country)
	contact, missing, err := cs.missingOf(ctx, c, contactID, region)
	if err != nil || len(missing) == 0 {
		if err != nil {
			return fail(err)
		}
		return nil, nil
	}
	in := amocrm.ContactInput{ID: contact.ID}
	for _, f := range []struct{ kind, code string }{{MatchPhone, fields.CodePhone}, {MatchEmail, fields.CodeEmail}} {
		if added := valuesOf(missing, f.kind); len(added) > 0 {
			in.Fields = append(in.Fields, mergedField(contact.Fields, meta, f.code, added))
		}
	}
	cs.account.Writes().Own(ctx, "contacts", contactID, crm.AspectData)
	if err = cs.account.API().UpdateContact(ctx, in); errors.Is(err, amocrm.ErrUnknownOutcome) {
		// The write may have arrived: the contact itself knows.
		if _, still, lookErr := cs.missingOf(ctx, c, contactID, region); lookErr == nil && len(still) == 0 {
			err = nil
		}
	}
	if err != nil {
		return fail(err)
	}
	after := context.WithoutCancel(ctx)
	return missing, errors.Join(cs.account.ForgetData(after), cs.account.Index().Add(after, contactID, keysOf(c, region).lines(), region))
}

// missingOf reads a contact and says which of the client's keys it lacks.
func (cs *Contacts) missingOf(ctx context.Context, c helpdesk.Client, contactID int64, region string) (amocrm.Contact, []Match, error) {
	contact, err := cs.account.Contact(ctx, contactID)
	p := Person{Phones: texts(contact.Fields, fields.CodePhone), Emails: texts(contact.Fields, fields.CodeEmail)}
	return contact, Missing(c, p, region), err
}

// mergedField is everything that a field of a contact holds, with the added values behind it.
func mergedField(have amocrm.FieldValues, m crm.Meta, code string, added []string) amocrm.FieldInput {
	out := amocrm.FieldInput{FieldCode: code}
	for _, field := range have {
		if !strings.EqualFold(field.FieldCode, code) {
			continue
		}
		for _, v := range field.Values {
			if len(v.Raw) == 0 || string(v.Raw) == "null" || string(v.Raw) == `""` {
				continue
			}
			kept := amocrm.ValueInput{Value: v.Raw, EnumID: v.EnumID}
			if v.EnumID == 0 {
				kept.EnumCode = v.EnumCode
			}
			out.Values = append(out.Values, kept)
		}
	}
	// The field knows its kinds; an account may have renamed or removed WORK.
	if field, ok := m.ContactField(code); ok && field.Type == "multitext" {
		if in, err := field.Input(added); err == nil {
			out.Values = append(out.Values, in.Values...)
			return out
		}
	}
	for _, s := range added {
		out.Values = append(out.Values, amocrm.ValueInput{Value: s, EnumCode: "WORK"})
	}
	return out
}

func valuesOf(keys []Match, kind string) []string {
	var out []string
	for _, k := range keys {
		if k.Kind == kind {
			out = append(out, k.Value)
		}
	}
	return out
}
