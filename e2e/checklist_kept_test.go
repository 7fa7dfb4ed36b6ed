package e2e

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestChecklist15_linkHoldsOverTicketsAndCanBeEnded(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("three_contacts_one_phone"), nil)
	contact := contactOf(t, w, panel)
	says(t, w.submit(panel+"/link", url.Values{"contact": {contact}}), "Linked. From now on only this contact is shown.")

	again := w.Panel(w.Replicas[0], w.Ticket("three_contacts_one_phone"), nil) // a new session, as after a reload of the ticket
	_, page := w.Get(http.DefaultClient, again+"/people?wait=1")
	if n := strings.Count(page, `class="card person`); n != 1 || !strings.Contains(page, "/contacts/detail/"+contact) {
		t.Errorf("%d contacts after the reload, want contact %s alone:\n%s", n, contact, page)
	}
	other := w.Panel(w.Replicas[0], w.Ticket("three_contacts_one_phone"), map[string]any{"usedesk_api_token": "another company"})
	if _, page := w.Get(http.DefaultClient, other+"/people?wait=1"); strings.Contains(page, "/unlink") {
		t.Errorf("the link is seen by another company:\n%s", page)
	}
	says(t, w.submit(again+"/unlink", nil), "Unlinked.")
	_, page = w.Get(http.DefaultClient, panel+"/people?wait=1")
	if n := strings.Count(page, `class="card person`); n < 2 {
		t.Errorf("%d contacts after the link was ended, want all:\n%s", n, page)
	}
}

var (
	offered = regexp.MustCompile(`(?s)<input type="checkbox" name="field" value="([^"]+)"[^>]*>\s*([^<]+)</label>`)
	ticked  = regexp.MustCompile(`<input type="checkbox" name="field" value="([^"]+)"[^>]* checked>`)
)

func TestChecklist21_chosenFieldsSurviveAReload(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	_, form := w.Get(http.DefaultClient, panel+"/layout/card?wait=1")
	fields := offered.FindAllStringSubmatch(form, -1)
	if len(fields) < 3 {
		t.Fatalf("the gear offers %d fields:\n%s", len(fields), form)
	}
	last, first := fields[len(fields)-1][1], fields[0][1]
	w.submit(panel+"/layout/card", url.Values{
		"token": {w.token(panel, "/layout/card?wait=1")}, "field": {html.UnescapeString(last), html.UnescapeString(first)}, "do": {"save"},
	})
	again := w.Panel(w.Replicas[0], w.Ticket("two_pipelines"), nil)
	_, form = w.Get(http.DefaultClient, again+"/layout/card?wait=1")
	var kept []string
	for _, m := range ticked.FindAllStringSubmatch(form, -1) {
		kept = append(kept, m[1])
	}
	if strings.Join(kept, ",") != last+","+first {
		t.Errorf("kept %v, want %s before %s:\n%s", kept, last, first, form)
	}
}
