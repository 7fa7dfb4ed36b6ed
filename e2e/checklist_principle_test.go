package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var hiddenToken = regexp.MustCompile(`name="token" value="([^"]+)"`)

// token is the one-time token of the form at a path of the panel.
func (w *suite) token(panel, path string) string {
	w.T.Helper()
	_, page := w.Get(http.DefaultClient, panel+path)
	m := hiddenToken.FindStringSubmatch(page)
	if m == nil {
		w.T.Fatalf("no form at %s:\n%s", path, page)
	}
	return m[1]
}

// submit sends a form of the panel as a browser without script does, and returns the page that it ends at.
func (w *suite) submit(address string, form url.Values) string {
	w.T.Helper()
	res, err := http.PostForm(address, form)
	if err != nil {
		w.T.Fatal(err)
	}
	return w.arrived(res)
}

func TestChecklist01_agentMakesAndWorksOnADealFromTheTicket(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("contact_without_deals"), nil)
	contact := contactOf(t, w, panel)
	page := w.submit(panel+"/deals", url.Values{
		"token": {w.token(panel, "/deals/new?wait=1&contact="+contact)}, "name": {"From the ticket"}, "price": {"900"},
		"pipeline_id": {"6516490"}, "status_id": {"55524250"}, "contact_id": {contact},
	})
	says(t, page, "The deal was created.")
	id := regexp.MustCompile(`/deals/(\d+)`).FindStringSubmatch(page)
	if id == nil {
		t.Fatalf("the new deal is not linked:\n%s", page)
	}
	says(t, w.submit(panel+"/deals/"+id[1]+"/comments", url.Values{
		"token": {w.token(panel, "/deals/"+id[1]+"?wait=1")}, "text": {"Said from the ticket"}}), "From the ticket", "Said from the ticket")
	if s := w.Stats(); s.Leads != 1 {
		t.Errorf("%d leads in amoCRM, want 1", s.Leads)
	}
}

func TestChecklist02_clientAndDealsStandInTheTicketCard(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	b.ticket(w, "known_one_deal")
	b.see(`[data-view="people"] .person`)
	b.see(`.row .stage`)
	says(t, b.text(), "Ирина Соколова")
}

func TestChecklist03_sameBlockInTicketAndChat(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	for _, channel := range []string{"email", "usedesk_tg", "chat", "telephony"} {
		says(t, w.first(w.Ticket("known_one_deal"), map[string]any{"channel_type": channel}), "Ирина Соколова")
	}
}

func TestChecklist04_dataFlowBothWays(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	ticket := w.Ticket("unknown_client")
	panel := w.Panel(w.Replicas[0], ticket, nil)
	form := url.Values{"token": {w.token(panel, "/contacts/new?wait=1")}, "name": {"Olivia Park"}, "phone": {"+1 617 555 0142"}, "email": {"olivia.park@example.com"}}
	w.submit(panel+"/contacts", form)
	var found struct {
		Embedded struct {
			Contacts []struct {
				ID   int64  `json:"id"`
				Name string `json:"name"`
			} `json:"contacts"`
		} `json:"_embedded"`
	}
	w.crm("/api/v4/contacts?order[id]=desc&limit=1", &found)
	if c := found.Embedded.Contacts; len(c) != 1 || c[0].Name != "Olivia Park" {
		t.Fatalf("newest contact in amoCRM is %+v, want Olivia Park", c)
	}
	says(t, w.first(ticket, nil), "Olivia Park", fmt.Sprint("/contacts/detail/", found.Embedded.Contacts[0].ID))
}

func TestChecklist05_contactDealPipelineAndStageAreShown(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	page := w.first(w.Ticket("two_pipelines"), nil)
	says(t, page, "/contacts/detail/", "/leads/detail/", `class="stage"`)
	if n := strings.Count(page, `class="row-name"`); n < 2 {
		t.Errorf("%d deals shown, want those of both pipelines:\n%s", n, page)
	}
}

func TestChecklist06_everyPipelineWithItsStagesCanBeChosen(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	var all struct {
		Embedded struct {
			Pipelines []struct {
				ID   int64  `json:"id"`
				Name string `json:"name"`
			} `json:"pipelines"`
		} `json:"_embedded"`
	}
	w.crm("/api/v4/leads/pipelines", &all)
	if len(all.Embedded.Pipelines) < 2 {
		t.Fatalf("the sandbox has %d pipelines, the test needs two", len(all.Embedded.Pipelines))
	}
	_, form := w.Get(http.DefaultClient, panel+"/deals/new?wait=1")
	for _, p := range all.Embedded.Pipelines {
		says(t, form, p.Name, fmt.Sprintf(`value="%d"`, p.ID))
	}
}
