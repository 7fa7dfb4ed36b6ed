package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/phone"
)

// MendPhone puts a phone in the place of one that can't be read. What else the contact has stays. *FieldErrors for one that can't be
// read either, ErrGone when the contact has no such phone any more.
func (cs *Contacts) MendPhone(ctx context.Context, contactID int64, old, mended string) error {
	fail := func(err error) error { return crm.Wrap(fmt.Sprintf("mend a phone of contact %d", contactID), err) }
	meta, err := cs.account.Vocabulary(ctx, crm.PartAccount|crm.PartContactFields)
	if err != nil {
		return fail(err)
	}
	region := cs.account.Region(meta.Account.Country)
	if !phone.Certain(mended, region) {
		var refused crm.FieldErrors
		refused.Add("phone", crm.KeyBadPhone, nil)
		return &refused
	}
	unlock, err := cs.account.Lock(ctx, "contact", crm.Decimal(contactID))
	if err != nil {
		return fail(err)
	}
	defer unlock()
	contact, err := cs.account.Contact(ctx, contactID)
	if err != nil {
		return fail(err)
	}
	values := phone.Split(mended, region)
	found, err := replacePhone(contact, old, values[0])
	if err != nil {
		return fail(err)
	}
	if !found {
		return fail(crm.ErrGone)
	}
	in := amocrm.ContactInput{ID: contact.ID, Fields: []amocrm.FieldInput{mergedField(contact.Fields, meta, fields.CodePhone, values[1:])}}
	cs.account.Writes().Own(ctx, "contacts", contactID, crm.AspectData)
	if err = cs.account.API().UpdateContact(ctx, in); errors.Is(err, amocrm.ErrUnknownOutcome) {
		// The write may have arrived: the contact itself knows.
		if now, lookErr := cs.account.Contact(ctx, contactID); lookErr == nil && slices.Contains(texts(now.Fields, fields.CodePhone), values[0]) {
			err = nil
		}
	}
	if err != nil {
		return fail(err)
	}
	after := context.WithoutCancel(ctx)
	return fail(errors.Join(cs.account.ForgetData(after), cs.account.Index().Add(after, contactID, phone.Keys(mended, region), region)))
}

// replacePhone puts a phone in the place of another in a contact that was read, and reports whether it has the other.
func replacePhone(c amocrm.Contact, old, mended string) (found bool, err error) {
	for _, f := range c.Fields {
		if !strings.EqualFold(f.FieldCode, fields.CodePhone) {
			continue
		}
		for i := range f.Values {
			alone := amocrm.FieldValue{FieldCode: f.FieldCode, FieldType: f.FieldType, Values: f.Values[i : i+1]}
			if slices.Equal(alone.Text(), []string{old}) {
				f.Values[i].Raw, err = json.Marshal(mended)
				return true, err
			}
		}
	}
	return false, nil
}
