package amocrm

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/session"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/tenant"
)

// withFields is a fixture whose account has custom fields.
func withFields(t *testing.T) (*fixture, string) {
	w := newFixture(t)
	w.crm.meta = sampleMeta()
	return w, w.session(i18n.EN, sampleTicket())
}

var (
	tickBox = regexp.MustCompile(`name="field" value="([^"]+)"[^>]*?( checked)?>`)
	rowCell = regexp.MustCompile(`data-field="([^"]+)"`)
)

// ticked are the fields of a choosing page that are on, and all that it offers.
func ticked(rec *httptest.ResponseRecorder) (on, all []string) {
	for _, m := range tickBox.FindAllStringSubmatch(rec.Body.String(), -1) {
		all = append(all, m[1])
		if m[2] != "" {
			on = append(on, m[1])
		}
	}
	return on, all
}

func choose(do string, fields ...string) url.Values {
	return url.Values{"token": {session.NewID()}, "do": {do}, "field": fields}
}

func TestLayout_pageOffersStandardAndCustomFields(t *testing.T) {
	w, base := withFields(t)
	for _, kind := range []string{fields.LayoutList, fields.LayoutCard} {
		on, all := ticked(w.get(base + "/layout/" + kind))
		if diff := cmp.Diff(fields.LayoutDefault(kind, *w.crm.meta), on); diff != "" {
			t.Errorf("%s begins with another choice than it shows: %s", kind, diff)
		}
		if len(all) != len(fields.LayoutChoices(*w.crm.meta)) {
			t.Errorf("%s offers %d fields", kind, len(all))
		}
	}
	w.contains(w.get(base+"/layout/other"), `data-view="problem"`)
}

func TestLayout_movingAndSearchingStoreNothing(t *testing.T) {
	w, base := withFields(t)
	for name, tt := range map[string]struct {
		form      url.Values
		on        []string
		offers    string
		offersNot string
	}{
		"up":          {choose("up:cf:4", "stage", "cf:4"), []string{"cf:4", "stage"}, "tags", ""},
		"down":        {choose("down:stage", "stage", "cf:4", "tags"), []string{"cf:4", "stage", "tags"}, "cf:1", ""},
		"end":         {choose("up:stage", "stage", "cf:4"), []string{"stage", "cf:4"}, "tags", ""},
		"newly added": {choose("find", "stage", "tags", "cf:1"), []string{"stage", "tags", "cf:1"}, "cf:2", ""},
		"nonsense":    {choose("find", "stage", "cf:999", "bogus"), []string{"stage"}, "cf:2", "cf:999"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := w.post(base+"/layout/list", tt.form, false)
			on, all := ticked(rec)
			if diff := cmp.Diff(tt.on, on); diff != "" {
				t.Error(diff)
			}
			if !slices.Contains(all, tt.offers) || tt.offersNot != "" && slices.Contains(all, tt.offersNot) {
				t.Errorf("offers %v", all)
			}
		})
	}
	form := choose("find", "stage")
	form.Set("q", "dELIV")
	on, all := ticked(w.post(base+"/layout/list", form, true))
	if !slices.Equal(on, []string{"stage"}) || !slices.Equal(all, []string{"stage", "cf:1"}) {
		t.Errorf("searching for delivery shows %v, ticked %v", all, on)
	}
	form.Set("q", "nothing like that")
	w.contains(w.post(base+"/layout/list", form, true), "No other field has such a name.", `value="nothing like that"`)
	if w.tenants.updates != 0 {
		t.Errorf("%d updates", w.tenants.updates)
	}
}

func TestLayout_savedChoiceIsShownInItsOrder(t *testing.T) {
	w, base := withFields(t)
	w.crm.people.Contacts[0].Deals[0].Extra = deals.Extra{
		Fields: []fields.Shown{{ID: 5, Type: "checkbox", Text: []string{"true"}}, {ID: 4, Type: "monetary", Text: []string{"40000"}, Currency: "RUB"}},
		Tags:   []string{"urgent", "vip"},
	}
	rec := w.post(base+"/layout/list", choose("save", "cf:4", "tags", "stage", "cf:5", "cf:1", "gone"), false)
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != base+"?done=saved" {
		t.Fatalf("%d to %q", rec.Code, rec.Header().Get("Location"))
	}
	if diff := cmp.Diff([]string{"cf:4", "tags", "stage", "cf:5", "cf:1"}, w.tenants.chosen().ListLayout); diff != "" {
		t.Error(diff)
	}
	w.contains(w.get(base+"?done=saved"), "Saved.")
	rec = w.get(base)
	row := rec.Body.String()
	row = row[strings.Index(row, "Office chairs, 40 pieces"):]
	row = row[:strings.Index(row, "</li>")]
	var got []string
	for _, m := range rowCell.FindAllStringSubmatch(row, -1) {
		got = append(got, m[1])
	}
	if diff := cmp.Diff([]string{"cf:4", "tags", "stage", "cf:5"}, got); diff != "" { // cf:1 has no value
		t.Errorf("%s\n%s", diff, row)
	}
	for _, want := range []string{"$40,000", "urgent, vip", "Yes", "Contract signed", "Negotiation"} {
		if !strings.Contains(row, want) {
			t.Errorf("%q is not in the row:\n%s", want, row)
		}
	}
	if strings.Contains(row, "Ivan Smirnov") || strings.Contains(row, "185,000") {
		t.Errorf("the row shows what was not chosen:\n%s", row)
	}
	on, _ := ticked(w.get(base + "/layout/list"))
	if diff := cmp.Diff([]string{"cf:4", "tags", "stage", "cf:5", "cf:1"}, on); diff != "" {
		t.Errorf("the gear forgot: %s", diff)
	}
}

func TestLayout_cardShowsTheChoice(t *testing.T) {
	w, base := withFields(t)
	form := choose("save", "tags", "cf:1", "cf:6", "stage", "contact")
	form.Set("deal", "12")
	rec := w.post(base+"/layout/card", form, false)
	if rec.Header().Get("Location") != base+"/deals/12" {
		t.Fatalf("%d to %q", rec.Code, rec.Header().Get("Location"))
	}
	page := w.get(base + "/deals/12").Body.String()
	card := page[strings.Index(page, "data-chosen"):]
	card = card[:strings.Index(card, "</dl>")]
	last := -1
	for _, want := range []string{">Tags<", "urgent", ">Delivery date<", "Dec 1", ">Ticket number<", "—", ">Stage<", "Negotiation", ">Contact<", "Anna Petrova"} {
		i := strings.Index(card, want)
		if i <= last {
			t.Errorf("%q is missing or out of order:\n%s", want, card)
		}
		last = max(i, last)
	}
	if strings.Contains(card, "Contract signed") || strings.Contains(card, "Ivan Smirnov") {
		t.Errorf("the card shows what was not chosen:\n%s", card)
	}
}

func TestLayout_resetAndEmptyChoice(t *testing.T) {
	w, base := withFields(t)
	w.tenants.settings = tenant.Settings{ListLayout: []string{"tags"}, CardLayout: []string{"stage"}, Region: "KZ"}
	w.contains(w.post(base+"/layout/list", choose("save"), false), "Choose at least one field.", `aria-invalid="true"`)
	w.contains(w.post(base+"/layout/list", choose("save", "gone"), false), "Choose at least one field.")
	if w.tenants.updates != 0 {
		t.Errorf("an empty choice was stored")
	}
	w.post(base+"/layout/list", choose("reset", "stage"), false)
	want := tenant.Settings{CardLayout: []string{"stage"}, Region: "KZ"}
	if diff := cmp.Diff(want, w.tenants.chosen()); diff != "" {
		t.Error(diff)
	}
}

func TestLayout_fieldsThatAreGoneShowTheDefault(t *testing.T) {
	w, base := withFields(t)
	w.tenants.settings = tenant.Settings{ListLayout: []string{"cf:777"}}
	w.contains(w.get(base), "Ivan Smirnov", "185,000")
	if on, _ := ticked(w.get(base + "/layout/list")); !slices.Equal(on, fields.LayoutDefault(fields.LayoutList, *w.crm.meta)) {
		t.Errorf("ticked %v", on)
	}
}

func TestLayout_sentTwiceIsStoredOnceAndFailuresShow(t *testing.T) {
	w, base := withFields(t)
	form := choose("save", "tags")
	w.post(base+"/layout/list", form, false)
	if rec := w.post(base+"/layout/list", form, false); rec.Code != http.StatusSeeOther || w.tenants.updates != 1 {
		t.Errorf("second sending: %d, %d updates", rec.Code, w.tenants.updates)
	}
	w.tenants.updateErr = errors.New("disk full")
	form = choose("save", "stage")
	w.contains(w.post(base+"/layout/list", form, false), `data-view="problem"`)
	w.tenants.updateErr = nil
	if rec := w.post(base+"/layout/list", form, false); rec.Code != http.StatusSeeOther || w.tenants.updates != 2 {
		t.Errorf("after a failure: %d, %d updates", rec.Code, w.tenants.updates)
	}
}

func TestLayout_unreadableFieldsStillShowTheDeals(t *testing.T) {
	w, base := withFields(t)
	w.crm.metaErr = amoapi.ErrUpstream
	w.tenants.settings = tenant.Settings{ListLayout: []string{"cf:4", "tags"}, CardLayout: []string{"cf:4"}}
	w.contains(w.get(base), "Office chairs, 40 pieces", "Ivan Smirnov")
	w.contains(w.get(base+"/deals/12"), "Office chairs, 40 pieces", "Ivan Smirnov")
}
