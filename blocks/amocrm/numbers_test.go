package amocrm

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

// fakeNumbers is what the account knows of lines.
type fakeNumbers struct {
	looked  people.Looked
	unread  people.Listed[people.Unread]
	shared  people.Listed[people.Group]
	mendErr error
	mended  []string
}

func (f *fakeNumbers) LookUp(_ context.Context, text string) (people.Looked, error) {
	if text == "" {
		return people.Looked{}, crm.ErrEmptyQuery
	}
	return f.looked, nil
}
func (f *fakeNumbers) Unread(context.Context, int) (people.Listed[people.Unread], error) {
	return f.unread, nil
}
func (f *fakeNumbers) Shared(context.Context, int) (people.Listed[people.Group], error) {
	return f.shared, nil
}
func (f *fakeNumbers) MendPhone(_ context.Context, _ int64, old, mended string) error {
	if f.mendErr == nil {
		f.mended = append(f.mended, old+" → "+mended)
	}
	return f.mendErr
}

// lines fills the lists.
func (f *fakeNumbers) lines() {
	ready := crm.IndexStanding{Begun: true, Ready: true, Contacts: 20104}
	person := func(id int64, name, company string, matched ...people.Match) people.Person {
		return people.Person{ID: id, Name: name, Company: company, URL: "https://example.amocrm.ru/contacts/detail/1", Matched: matched}
	}
	f.unread = people.Listed[people.Unread]{Index: ready, Page: 1, Pages: 3, Items: []people.Unread{
		{Person: person(7, "Anna Smirnova", ""), Values: []string{"+7 916 111 22 3", "101"}},
		{Person: person(8, "", "Example Ltd"), Values: []string{"8 999 123 45 678"}},
	}}
	f.shared = people.Listed[people.Group]{Index: ready, Page: 2, Pages: 2, More: true, Items: []people.Group{
		{Contacts: []people.Person{
			person(10, "Boris Petrov", "", people.Match{Kind: people.MatchPhone, Value: "8 999 123-45-67"}, people.Match{Kind: people.MatchEmail, Value: "boris@example.com"}),
			person(9, "Petrov B.", "Example Ltd", people.Match{Kind: people.MatchPhone, Value: "+79991234567"}),
		}},
		{Office: true, Others: 12, Contacts: []people.Person{
			person(12, "Front desk", "Example Ltd", people.Match{Kind: people.MatchPhone, Value: "+7 495 123-45-67 доб. 1"}),
			person(11, "Warehouse", "Example Ltd", people.Match{Kind: people.MatchPhone, Value: "+7 495 123-45-67 доб. 2"}),
		}},
	}}
}

// mending is the form that puts a phone in the place of another.
func mending(old, mended string) url.Values {
	return url.Values{"token": {session.NewID()}, "contact": {"7"}, "old": {old}, "phone": {mended}, "unread": {"1"}, "shared": {"2"}}
}

var refusedPhone = &crm.FieldErrors{Fields: []crm.FieldError{{Path: "phone", Key: crm.KeyBadPhone}}}

func init() {
	listed := func(w *fixture, _ *helpdesk.Ticket) { w.crm.lines() }
	looked := func(typed string, found people.Looked) (func(*fixture, *helpdesk.Ticket), func(*fixture, string) *httptest.ResponseRecorder) {
		return func(w *fixture, _ *helpdesk.Ticket) { w.crm.looked = found }, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/numbers", url.Values{"q": {typed}}, false)
		}
	}
	sample := "8 (495) 765-43-21 доб. 12, +7 916 111 22 3"
	found, ask := looked(sample, people.Looked{Text: sample, Phones: phone.Inspect(sample, "RU"), More: true, Contacts: []people.Person{
		{ID: 10, Name: "Boris Petrov", URL: "https://example.amocrm.ru/contacts/detail/10", Matched: []people.Match{{Kind: people.MatchPhone, Value: "8 495 765-43-21"}}},
	}})
	nobody, askNobody := looked("nobody@example.com", people.Looked{Text: "nobody@example.com", Email: true})
	scenes = append(scenes, []dealScene{
		{"numbers", listed, path("/numbers")},
		{"numbers-masked", func(w *fixture, ticket *helpdesk.Ticket) {
			listed(w, ticket)
			w.tenants.settings.MaskPhones = true
		}, path("/numbers")},
		{"numbers-reading", func(w *fixture, _ *helpdesk.Ticket) {
			w.crm.unread.Index = crm.IndexStanding{Begun: true, Contacts: 7500}
		}, path("/numbers")},
		{"numbers-refused", func(w *fixture, ticket *helpdesk.Ticket) {
			listed(w, ticket)
			w.crm.mendErr = refusedPhone
		}, func(w *fixture, base string) *httptest.ResponseRecorder {
			return w.post(base+"/numbers/mend", mending("+7 916 111 22 3", "+7 916 111 22"), false)
		}},
		{"numbers-looked", found, ask},
		{"numbers-nobody", nobody, askNobody},
	}...)
}

func TestNumbers_mendsOnceAndComesBackToItsPage(t *testing.T) {
	w := newFixture(t)
	w.crm.lines()
	base := w.session(i18n.EN, sampleTicket())
	form := mending("+7 916 111 22 3", "8 916 111-22-33")
	for range 2 {
		rec := w.post(base+"/numbers/mend", form, false)
		if at := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || !strings.HasSuffix(at, "/numbers?unread=1&shared=2&done=saved") {
			t.Errorf("status %d, to %q", rec.Code, at)
		}
	}
	if got := strings.Join(w.crm.mended, ";"); got != "+7 916 111 22 3 → 8 916 111-22-33" {
		t.Errorf("mended %q", got)
	}
}

func TestNumbers_saysWhatIsMissing(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	if body := w.post(base+"/numbers", url.Values{"q": {"  "}}, false).Body.String(); !strings.Contains(body, "Type a phone or an e-mail address.") {
		t.Error(body)
	}
	for standing, want := range map[crm.IndexStanding]string{
		{}:                             "keeps no contact index",
		{Begun: true, Over: 200_000}:   "more than 200,000 contacts",
		{Begun: true, Contacts: 12500}: "12,500 so far",
	} {
		w.crm.unread.Index = standing
		if body := w.get(base + "/numbers").Body.String(); !strings.Contains(body, want) {
			t.Errorf("%+v: no %q in %s", standing, want, body)
		}
	}
}
