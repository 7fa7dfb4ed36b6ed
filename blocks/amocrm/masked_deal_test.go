package amocrm

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
)

func TestMask_editedDealKeepsItsPhones(t *testing.T) {
	w := newFixture(t)
	w.tenants.settings.MaskPhones = true
	const real, hidden = "Ring +7 999 123-45-67", "Ring +7 ••• •••-45-67"
	w.crm.card.Name, w.crm.card.Inputs[35] = real, []string{real}
	w.crm.tasks = []tasks.Task{{ID: 61, Text: real, Due: now}}
	base := w.session(i18n.EN, sampleTicket())
	w.contains(w.fragment(base+"/deals/12/edit?field=name"), "••• •••-45-67")
	w.contains(w.fragment(base+"/deals/12/edit?field=cf:35"), "Ring &#43;7 ••• •••-45-67</textarea>")
	w.contains(w.get(base+"/deals/12"), `<span class="task-text">`+"Ring &#43;7 ••• •••-45-67")

	w.contains(w.post(base+"/deals/12/edit", editOfField("name", url.Values{"name": {hidden}}), true), "Saved.")
	w.contains(w.post(base+"/deals/12/edit", editOfField("cf:35", url.Values{"fields.35": {hidden}}), true), "Saved.")
	if len(w.crm.changes) != 2 || *w.crm.changes[0].Name != real || w.crm.changes[1].Fields[35][0] != real {
		t.Errorf("%+v", w.crm.changes)
	}
	w.contains(w.post(base+"/deals/12/edit", editOfField("name", url.Values{"name": {hidden + "!"}}), true), "The hidden digits", `id="row-name"`)
	if len(w.crm.changes) != 2 {
		t.Errorf("dots were written: %+v", w.crm.changes[2])
	}
}

func TestMask_newDealKeepsThePhonesItBeganWith(t *testing.T) {
	w := newFixture(t)
	w.tenants.settings.MaskPhones = true
	const real, hidden = "Ring +7 999 123-45-67", "Ring +7 ••• •••-45-67"
	w.crm.form.Draft = deals.Draft{Fields: map[int64][]string{35: {real}}}
	ticket := sampleTicket()
	ticket.Subject = real
	base := w.session(i18n.EN, ticket)
	w.contains(w.get(base+"/deals/new"), `name="name"`, "Ring &#43;7 ••• •••-45-67")
	form := dealFormOf(session.NewID())
	form.Set("name", hidden)
	form.Set("fields.35", hidden)
	w.contains(w.post(base+"/deals", form, true), "The deal was created.")
	if len(w.crm.deals) != 1 || w.crm.deals[0].Name != real || w.crm.deals[0].Fields[35][0] != real {
		t.Errorf("%+v", w.crm.deals)
	}
	form.Set("token", session.NewID())
	form.Set("name", hidden+"!")
	w.contains(w.post(base+"/deals", form, true), "The hidden digits", "Ring &#43;7 ••• •••-45-67!")
	if len(w.crm.deals) != 1 {
		t.Errorf("dots were written: %+v", w.crm.deals[1])
	}
	form.Set("token", session.NewID())
	form.Set("name", "Ring +7 912 000-00-00") // his own
	w.contains(w.post(base+"/deals", form, true), "The deal was created.")
}

func TestMask_newContactKeepsThePhonesOfItsTexts(t *testing.T) {
	w := newFixture(t)
	w.tenants.settings.MaskPhones = true
	ticket := sampleTicket()
	ticket.Client.Company, ticket.Client.Emails = "Chairs 8 999 123-45-67", []string{"79991234567@example.com"}
	base := w.session(i18n.EN, ticket)
	w.contains(w.get(base+"/contacts/new"), `name="company" value="Chairs &#43;7 ••• •••-45-67"`, `name="email" type="text" value="&#43;7 ••• •••-45-67@example.com"`)
	form := url.Values{"token": {session.NewID()}, "name": {"Anna"}, "company": {"Chairs +7 ••• •••-45-67"}, "email": {"+7 ••• •••-45-67@example.com"}}
	w.contains(w.post(base+"/contacts", form, true), "The contact was added to amoCRM.")
	if len(w.crm.made) != 1 || w.crm.made[0].Company != ticket.Client.Company || w.crm.made[0].Emails[0] != ticket.Client.Emails[0] {
		t.Errorf("%+v", w.crm.made)
	}
	form.Set("token", session.NewID())
	form.Set("company", "Tables +7 ••• •••-45-67")
	w.contains(w.post(base+"/contacts", form, true), "The hidden digits")
	if len(w.crm.made) != 1 {
		t.Errorf("dots were written: %+v", w.crm.made[1])
	}
}

func TestMask_fileOfTheInboxHidesPhones(t *testing.T) {
	w := newFixture(t)
	w.tenants.settings.MaskPhones = true
	w.fired(time.Hour, chairs(101), jobs.Steps{}, jobs.Outcome{State: ledger.StateFailed, Why: "=refused_deal|8 999 123-45-67 is taken"})
	body := w.post(w.session(i18n.EN, sampleTicket())+"/inbox.csv", nil, false).Body.String()
	if hiddenDigits.MatchString(body) || !strings.Contains(body, "•••-45-67") {
		t.Error(body)
	}
}
