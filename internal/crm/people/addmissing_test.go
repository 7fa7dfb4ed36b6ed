package people

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestMissing_onlyWhatTheContactLacks(t *testing.T) {
	p := Person{Phones: []string{"8 (999) 123-45-67", "ext. 12"}, Emails: []string{"Anna@Example.com"}}
	for _, c := range []struct {
		name   string
		client helpdesk.Client
		want   []Match
	}{
		{"everything there, written in another way", helpdesk.Client{Phones: []string{"+79991234567"}, Emails: []string{"anna@example.com"}}, nil},
		{"another phone, in the form of the CRM", helpdesk.Client{Phones: []string{"8 999 765-43-21"}}, []Match{{MatchPhone, "+79997654321"}}},
		{"another address", helpdesk.Client{Emails: []string{" New@Example.com "}}, []Match{{MatchEmail, "New@Example.com"}}},
		{"what is neither", helpdesk.Client{Phones: []string{"abc"}, Emails: []string{"none"}}, nil},
		{"the same phone twice", helpdesk.Client{Phones: []string{"89997654321", "+7 999 765 43 21"}}, []Match{{MatchPhone, "+79997654321"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, Missing(c.client, p, "RU")); d != "" {
				t.Error(d)
			}
		})
	}
}

// kinds are the values of a contact's phones or e-mails with their kinds.
func kinds(t *testing.T, a *fixture, id int64, code string) map[string]amocrm.ID {
	t.Helper()
	c, err := a.API().Contact(t.Context(), amocrm.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]amocrm.ID{}
	for _, f := range c.Fields {
		if f.FieldCode != code {
			continue
		}
		for i, v := range f.Values {
			out[f.Text()[i]] = v.EnumID
		}
	}
	return out
}

func TestSandbox_addMissingKeepsWhatIsThere(t *testing.T) {
	a := sandboxAccount(t)
	id := int64(scenario.ContactOneDeal)
	meta, err := a.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	phone, ok := meta.ContactField(fields.CodePhone)
	if !ok || len(phone.Enums) < 2 {
		t.Fatalf("the account has no kinds of phones: %+v", phone)
	}
	// Somebody has given the contact a second phone of another kind.
	before := kinds(t, a, id, fields.CodePhone)
	private := phone.Enums[len(phone.Enums)-1].ID
	in := amocrm.FieldInput{FieldCode: fields.CodePhone, Values: []amocrm.ValueInput{{Value: "+79990000077", EnumID: private}}}
	for value, kind := range before {
		in.Values = append(in.Values, amocrm.ValueInput{Value: value, EnumID: kind})
	}
	if err := a.API().UpdateContact(t.Context(), amocrm.ContactInput{ID: amocrm.ID(id), Fields: []amocrm.FieldInput{in}}); err != nil {
		t.Fatal(err)
	}
	before = kinds(t, a, id, fields.CodePhone)
	mails := kinds(t, a, id, fields.CodeEmail)

	irina := helpdesk.Client{ID: 9, Phones: []string{"+7 999 100-01-01", "8 999 777 00 11"}, Emails: []string{"irina.sokolova@example.com", "irina@new.example.com"}}
	if p, err := a.People(t.Context(), irina); err != nil || len(Missing(irina, p.Contacts[0], "RU")) != 2 {
		t.Fatalf("%+v, %v", p.Contacts, err)
	}
	added, err := a.AddMissing(t.Context(), irina, id)
	if want := []Match{{MatchPhone, "+79997770011"}, {MatchEmail, "irina@new.example.com"}}; err != nil || !cmp.Equal(want, added) {
		t.Fatalf("%v, %v", added, err)
	}
	after := kinds(t, a, id, fields.CodePhone)
	for value, kind := range before {
		if after[value] != kind {
			t.Errorf("%s had kind %d, now %d", value, kind, after[value])
		}
	}
	if len(after) != len(before)+1 || after["+79997770011"] == 0 {
		t.Errorf("phones %v", after)
	}
	if now := kinds(t, a, id, fields.CodeEmail); len(now) != len(mails)+1 {
		t.Errorf("e-mails %v, were %v", now, mails)
	}
	// The next look shows it without a wait, and there is nothing left to add.
	p, err := a.People(t.Context(), irina)
	if err != nil || !slices.Contains(p.Contacts[0].Phones, "+79997770011") || len(Missing(irina, p.Contacts[0], "RU")) != 0 {
		t.Errorf("%+v, %v", p.Contacts, err)
	}
	if again, err := a.AddMissing(t.Context(), irina, id); err != nil || again != nil {
		t.Errorf("added again: %v, %v", again, err)
	}
}

func TestSandbox_addMissingFromTwoTicketsAtOnce(t *testing.T) {
	a := sandboxAccount(t)
	id := int64(scenario.ContactNoDeals)
	had := len(kinds(t, a, id, fields.CodePhone))
	var wg sync.WaitGroup
	for _, phone := range []string{"+79997770021", "+79997770022", "+79997770023"} {
		wg.Go(func() {
			if _, err := a.AddMissing(context.Background(), helpdesk.Client{Phones: []string{phone}}, id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := kinds(t, a, id, fields.CodePhone); len(got) != had+3 {
		t.Errorf("one of them was overwritten: %v", got)
	}
}

func TestSandbox_addMissingToNobody(t *testing.T) {
	a := sandboxAccount(t)
	if _, err := a.AddMissing(t.Context(), helpdesk.Client{Phones: []string{"+79997770011"}}, 999_999_999); !errors.Is(err, crm.ErrGone) {
		t.Errorf("%v", err)
	}
}

func TestSandbox_matchesPastTheLink(t *testing.T) {
	a := sandboxAccount(t)
	c := helpdesk.Client{ID: 5, Phones: []string{"+7 999 111-22-33"}}
	wrong := int64(scenario.ContactUK) // a link made by hand to somebody who does not match at all
	if err := a.Link(t.Context(), c.ID, wrong); err != nil {
		t.Fatal(err)
	}
	p, err := a.People(t.Context(), c)
	if err != nil || !cmp.Equal(ids(p.Contacts), []int64{wrong}) {
		t.Fatalf("%v, %v", ids(p.Contacts), err)
	}
	all, err := a.Matches(t.Context(), c)
	if err != nil || len(all.Contacts) != 4 || all.Linked != wrong || all.Contacts[0].ID != wrong {
		t.Fatalf("linked %d, %v, %v", all.Linked, ids(all.Contacts), err)
	}
	if d := cmp.Diff([]Match{{Kind: MatchLink}}, all.Contacts[0].Matched); d != "" {
		t.Error(d)
	}
	for _, other := range all.Contacts[1:] {
		if len(other.Matched) == 0 || other.Matched[0].Kind != MatchPhone {
			t.Errorf("contact %d: %v", other.ID, other.Matched)
		}
	}
	if err := a.Link(t.Context(), c.ID, scenario.ContactShared2); err != nil {
		t.Fatal(err)
	}
	if p, err = a.People(t.Context(), c); err != nil || p.Linked != scenario.ContactShared2 || len(p.Contacts) != 1 {
		t.Errorf("after relinking: %d of %v, %v", p.Linked, ids(p.Contacts), err)
	}
	if all, err = a.Matches(t.Context(), c); err != nil || len(all.Contacts) != 3 || all.Contacts[0].ID != scenario.ContactShared2 {
		t.Errorf("the old link is still there: %v, %v", ids(all.Contacts), err)
	}
	free := helpdesk.Client{Phones: c.Phones}
	if all, err = a.Matches(t.Context(), free); err != nil || all.Linked != 0 || len(all.Contacts) != 3 {
		t.Errorf("without a link: %v, %v", ids(all.Contacts), err)
	}
}
