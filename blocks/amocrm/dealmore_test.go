package amocrm

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/session"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
)

// sampleMore is a field of every kind that a form can fill, and one that it can't.
func sampleMore() []amoapi.Field {
	return []amoapi.Field{
		{ID: 41, Name: "Order number", Type: "text"},
		{ID: 42, Name: "Quantity", Type: "numeric"},
		{ID: 43, Name: "Gift wrapping", Type: "checkbox"},
		{ID: 44, Name: "Channel", Type: "radiobutton", Enums: []amoapi.Enum{{ID: 1, Value: "Site"}, {ID: 2, Value: "Phone"}}},
		{ID: 45, Name: "Basket", Type: "url"},
		{ID: 46, Name: "Call back at", Type: "date_time"},
		{ID: 47, Name: "Delivery address", Type: "smart_address"},
		{ID: 48, Name: "Payer", Type: "legal_entity"},
		{ID: 49, Name: "Specification", Type: "file"},
		{ID: 31, Name: "Delivery date", Type: "date"}, // required in stage 12
	}
}

func TestMoreFields_everyKindWithItsWidget(t *testing.T) {
	w := newFixture(t)
	w.crm.more = sampleMore()
	body := w.get(w.session(i18n.EN, sampleTicket()) + "/deals/new").Body.String()
	for _, want := range []string{
		`<details class="more" id="more-fields"><summary class="quiet">9 more fields</summary>`, // closed until asked for
		`name="fields.41" value=""`, `name="fields.42" inputmode="decimal"`, `type="checkbox" name="fields.43" value="true">`,
		`<select id="fields.44" name="fields.44"><option value="">`, `name="fields.45" type="url"`, `name="fields.46" type="datetime-local"`,
		`name="fields.47.city"`, `aria-label="Postal code"`, `name="fields.48.vat_id"`, `name="fields.31" type="date"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in:\n%s", want, body)
		}
	}
	if strings.Contains(body, "fields.49") {
		t.Error("a file is asked for, which no form can give")
	}
	if strings.Contains(body, `name="fields.43" value="false"`) {
		t.Error("a checkbox that nobody touched is sent as no")
	}
}

func TestMoreFields_followTheStageAndKeepWhatWasTyped(t *testing.T) {
	w := newFixture(t)
	w.crm.more = sampleMore()
	base := w.session(i18n.EN, sampleTicket())
	form := url.Values{"pipeline_id": {"1"}, "status_id": {"12"}, "fields.31": {"2026-12-24"}, "fields.41": {"A-7"},
		"fields.47.zip": {"101000"}, "fields.48.name": {"Chairs Ltd"}, "fields.48.kpp": {"99"}}
	rec := w.post(base+"/deals/new/stage", form, true)
	w.contains(rec, `id="more-fields" open`, `value="A-7"`, `name="fields.47.zip" value="101000"`, `name="fields.48.name" value="Chairs Ltd"`,
		`name="fields.48.kpp" value="99"`, `name="fields.31" type="date" value="2026-12-24" required`)
	if n := strings.Count(rec.Body.String(), `name="fields.31"`); n != 1 {
		t.Errorf("the required field is asked for %d times", n)
	}
	form.Set("status_id", "11")
	w.contains(w.post(base+"/deals/new/stage", form, true), `name="fields.31" type="date" value="2026-12-24">`)
}

func TestMoreFields_reachTheDraftAndErrorsStandAtThem(t *testing.T) {
	w := newFixture(t)
	w.crm.more = sampleMore()
	base := w.session(i18n.EN, sampleTicket())
	w.crm.onCreate = func(context.Context) (int64, error) {
		return 0, &crm.FieldErrors{Fields: []crm.FieldError{
			{Path: "fields.42", Key: crm.KeyBadValue, Args: map[string]any{"type": "numeric"}},
			{Path: "fields.48", Key: crm.KeyBadValue, Args: map[string]any{"type": "legal_entity"}},
			{Path: "fields.41", Key: crm.KeyBadValue, Args: map[string]any{"type": "text"}},
		}}
	}
	form := url.Values{"token": {session.NewID()}, "name": {"Chairs"}, "pipeline_id": {"1"}, "status_id": {"11"}, "fields.42": {"many"},
		"fields.47.country": {"RU"}, "fields.47.city": {" Moscow "}, "fields.48.vat_id": {"77"}, "fields.48.name": {""}, "fields.44": {""}}
	rec := w.post(base+"/deals", form, true)
	w.contains(rec, `id="more-fields" open`, `value="many" maxlength="40" autocomplete="off" aria-invalid="true" aria-describedby="fields.42-error"`,
		"Write a number, such as 1500", "A legal entity needs its name.", "This value does not fit the field.", `value="Moscow"`, `value="77"`)
	want := map[int64][]string{42: {"many"}, 47: {"city=Moscow", "country=RU"}, 48: {"", "vat_id=77"}}
	if d := cmp.Diff(want, w.crm.deals[0].Fields); d != "" {
		t.Error(d)
	}
	if strings.Contains(rec.Body.String(), `class="banner bad"`) {
		t.Error("an error that stands at its field is told above the form again")
	}
}

func TestDealName_ofATicketWithoutSubject(t *testing.T) {
	w := newFixture(t)
	ticket := sampleTicket()
	ticket.Subject = "  "
	w.contains(w.get(w.session(i18n.EN, ticket)+"/deals/new"), `value="Ticket #101"`)
	w.contains(w.get(w.session(i18n.RU, ticket)+"/deals/new"), `value="Обращение № 101"`)
	w.contains(w.get(w.session(i18n.EN, sampleTicket())+"/deals/new"), `value="Second delivery of chairs"`)
}

// desk gives the fixture a helpdesk and opens a block of ticket 101; the session's panel path comes back.
func (w *fixture) desk(d ticketReader, err error) string {
	w.t.Helper()
	w.reads(d, err)
	w.deskAPI = "https://api.usedesk.ru/"
	rec := w.openBlock(`{"ticket_id":101,"subject":"Chairs","client_id":55,"amo_base_host":"example.amocrm.ru","usedesk_api_token":"token"}`)
	_, rest, _ := strings.Cut(rec.Body.String(), "/blocks/amocrm/")
	w.h.Wait() // the look for the message goes on beside the answer
	return "/blocks/amocrm/" + rest[:22]
}

func said(html string) usedesk.Ticket {
	return usedesk.Ticket{ID: 101, Comments: []usedesk.Comment{{From: "client", Type: "public", Message: html}}}
}

func TestDealNote_linkAlwaysMessageWhenChosen(t *testing.T) {
	w := newFixture(t)
	base := w.desk(fakeDesk{ticket: said("<p>Where are my <b>chairs</b>?</p><script>x()</script>")}, nil)
	w.contains(w.get(base+"/deals/new"), `<input type="checkbox" name="message" value="1"> Attach the client`, "Where are my chairs?", "A note with the link")
	form := dealFormOf(session.NewID())
	w.post(base+"/deals", form, true)
	form.Set("token", session.NewID())
	form.Set("message", "1")
	form.Del("note")
	w.post(base+"/deals", form, true)
	link := "Helpdesk ticket 101: https://secure.usedesk.ru/tickets/101"
	want := []string{"soon\n\n" + link, link + "\n\nThe client's last message:\nWhere are my chairs?"}
	for i, note := range want {
		if d := cmp.Diff(note, w.crm.deals[i].NoteText); d != "" {
			t.Errorf("deal %d: %s", i+1, d)
		}
	}
}

func TestDealNote_whatWasChosenSurvivesAnError(t *testing.T) {
	w := newFixture(t)
	base := w.desk(fakeDesk{ticket: said("Hello")}, nil)
	form := dealFormOf(session.NewID())
	form.Set("message", "1")
	form.Set("price", "many")
	rec := w.post(base+"/deals", form, true)
	w.contains(rec, `name="message" value="1" checked`, ">soon</textarea>") // and the note holds only what was typed
}

func TestLastMessage_notOfferedWhenItCanNotBeRead(t *testing.T) {
	for name, d := range map[string]struct {
		desk ticketReader
		err  error
	}{
		"helpdesk down":     {desk: fakeDesk{err: errors.New("down")}},
		"no token":          {},
		"tenant unreadable": {err: errors.New("redis")},
		"nothing written":   {desk: fakeDesk{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			base := w.desk(d.desk, d.err)
			rec := w.get(base + "/deals/new")
			w.contains(rec, `data-view="deal-form"`)
			if strings.Contains(rec.Body.String(), `name="message"`) {
				t.Errorf("offered:\n%s", rec.Body)
			}
		})
	}
}

func TestLastMessage_givesUpAfterTwoSeconds(t *testing.T) {
	w := newFixture(t)
	start := time.Now()
	w.desk(fakeDesk{hang: true}, nil)
	if took := time.Since(start); took < time.Second || took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
