package people

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
)

// stored makes a contact with values of a field as they are, which our own form would bring into order.
func (f *fixture) stored(t *testing.T, code, kind string, values ...string) int64 {
	t.Helper()
	in := amocrm.FieldInput{FieldCode: code}
	for _, v := range values {
		in.Values = append(in.Values, amocrm.ValueInput{Value: v, EnumCode: kind})
	}
	made, err := f.API().CreateContacts(t.Context(), []amocrm.ContactInput{{Name: "Somebody", Fields: []amocrm.FieldInput{in}}})
	if err != nil {
		t.Fatal(err)
	}
	return int64(made[0].ID)
}

func (f *fixture) indexed(t *testing.T) {
	t.Helper()
	if err := f.Index().Visit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestNumbers_listsPhonesThatCantBeReadUntilTheyAreMended(t *testing.T) {
	f := sandboxAccount(t)
	if got, err := f.Unread(t.Context(), 1); err != nil || got.Index.Ready || len(got.Items) > 0 {
		t.Errorf("before the index is built: %+v, %v", got, err)
	}
	id := f.stored(t, "PHONE", "MOB", "+7 916 111 22 3", "+7 916 111-22-34")
	f.indexed(t)
	got, err := f.Unread(t.Context(), 1)
	at := slices.IndexFunc(got.Items, func(u Unread) bool { return u.ID == id })
	if err != nil || at < 0 || !slices.Equal(got.Items[at].Values, []string{"+7 916 111 22 3"}) {
		t.Fatalf("%+v, %v", got, err)
	}
	if d := cmp.Diff([]string{"phone " + crm.KeyBadPhone}, crmtest.Problems(t, f.MendPhone(t.Context(), id, "+7 916 111 22 3", "+7 916 111 22"))); d != "" {
		t.Error(d)
	}
	if err := f.MendPhone(t.Context(), id, "+7 916 111 22 3", "8 916 111-22-39; 8 495 111-22-33"); err != nil {
		t.Fatal(err)
	}
	c, err := f.Contact(t.Context(), id)
	if d := cmp.Diff([]string{"+79161112239", "+7 916 111-22-34", "+74951112233"}, texts(c.Fields, "PHONE")); d != "" || err != nil {
		t.Error(d, err)
	}
	if kind := c.Fields[0].Values[1].EnumCode; kind != "MOB" {
		t.Errorf("the kind of what was not mended is %q", kind)
	}
	if err := f.MendPhone(t.Context(), id, "+7 916 111 22 3", "8 916 111-22-39"); err == nil {
		t.Error("mended what is not there any more")
	}
	if ids, _, err := f.Index().Find(t.Context(), []string{"79161112239"}); err != nil || !slices.Equal(ids, []int64{id}) {
		t.Errorf("the mended phone finds %v, %v", ids, err)
	}
	if got, err = f.Unread(t.Context(), 1); err != nil || slices.ContainsFunc(got.Items, func(u Unread) bool { return u.ID == id }) {
		t.Errorf("mended and still listed: %+v, %v", got, err)
	}
}

func TestNumbers_tellsDuplicatesFromOffices(t *testing.T) {
	f := sandboxAccount(t)
	anna := f.stored(t, "PHONE", "WORK", "8 916 700-00-01")
	again := f.stored(t, "PHONE", "WORK", "+7 916 700 00 01", "+7 916 700 00 09")
	desk := []int64{f.stored(t, "PHONE", "WORK", "+7 495 700-00-02 доб. 1"), f.stored(t, "PHONE", "WORK", "+7 495 700-00-02 доб. 2")}
	var crowd []int64
	for range groupShown + 2 {
		crowd = append(crowd, f.stored(t, "PHONE", "WORK", "+7 495 700-00-03"))
	}
	f.indexed(t)
	groups := map[string]Group{}
	for number, pages := 1, 1; number <= pages; number++ {
		got, err := f.Shared(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		pages = got.Pages
		for _, g := range got.Items {
			groups[fmt.Sprint(ids(g.Contacts))] = g
		}
	}
	slices.Reverse(crowd)
	for _, want := range []struct {
		ids    []int64
		line   string
		others int
		office bool
	}{
		{[]int64{again, anna}, "+7 916 700 00 01", 0, false},
		{[]int64{desk[1], desk[0]}, "+7 495 700-00-02 доб. 2", 0, true},
		{crowd[:groupShown], "+7 495 700-00-03", 2, true},
	} {
		g, ok := groups[fmt.Sprint(want.ids)]
		if !ok || g.Office != want.office || g.Others != want.others || g.Contacts[0].Matched[0].Value != want.line {
			t.Errorf("%v: got %+v, want %+v", ok, g, want)
		}
	}
}

func TestNumbers_saysHowALineIsReadAndWhomItFinds(t *testing.T) {
	f := sandboxAccount(t)
	id := f.stored(t, "PHONE", "WORK", "8 (916) 700-00-05 доб. 7")
	f.indexed(t)
	got, err := f.LookUp(t.Context(), " 7 916 700 00 05 ")
	if err != nil || len(got.Contacts) != 1 || got.Contacts[0].ID != id {
		t.Fatalf("%+v, %v", got, err)
	}
	if d := cmp.Diff([]Match{{MatchPhone, "8 (916) 700-00-05 доб. 7"}}, got.Contacts[0].Matched); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]phone.Reading{{Text: "+79167000005", Region: "RU", Code: 7}}, got.Phones); d != "" {
		t.Error(d)
	}
	if got, err = f.LookUp(t.Context(), "nobody@example.com"); err != nil || !got.Email || len(got.Contacts) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// An account in a messenger finds a contact when both are of one messenger; a handle without one may be anybody's.
func TestPeople_foundByMessenger(t *testing.T) {
	f := sandboxAccount(t)
	skype := f.stored(t, "IM", "SKYPE", "Anna.Smirnova")
	f.stored(t, "IM", "OTHER", "anna.smirnova")
	f.indexed(t)
	of := func(kind string) []int64 {
		t.Helper()
		return ids(f.people(t, helpdesk.Client{Messengers: []helpdesk.Messenger{{Type: kind, ID: "anna.smirnova"}}}).Contacts)
	}
	if got := of("skype"); !slices.Equal(got, []int64{skype}) {
		t.Errorf("by Skype %v, want %d", got, skype)
	}
	for _, kind := range []string{"telegram", "other", ""} {
		if got := of(kind); len(got) > 0 {
			t.Errorf("by %q: %v", kind, got)
		}
	}
}

func TestPeople_saysThatMoreContactsMatchThanAreRead(t *testing.T) {
	f := sandboxAccount(t)
	for range searchHits + 1 {
		f.stored(t, "PHONE", "WORK", "+7 916 700-00-06")
	}
	f.indexed(t)
	got := f.people(t, helpdesk.Client{Phones: []string{"8 916 700-00-06"}})
	if len(got.Contacts) != searchHits || !got.More {
		t.Errorf("%d contacts, more %v; want the newest %d and that there are more", len(got.Contacts), got.More, searchHits)
	}
}
