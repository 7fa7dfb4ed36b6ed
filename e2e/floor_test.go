package e2e

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var (
	floorLink = regexp.MustCompile(`<a [^>]*href="(http[^"]+/blocks/amocrm/[^"]*)"[^>]*>`)
	floorForm = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)" target="_blank"[^>]*>(.*?)</form>`)
)

// Each action of the floor opens the panel where that action is done.
func TestFloor_everyActionLeadsToItsPlace(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	for scenario, want := range map[string][]string{
		"known_one_deal":           {"deal", "deal-form", "search", "contact-form"},
		"unknown_client":           {"contact-form", "search"},
		"messenger_only":           {"contact-form", "search"},
		"three_contacts_one_phone": {"deal-form", "search", "contact-form"},
	} {
		floor := w.Open(w.Replicas[0], w.BlockRequest(w.Ticket(scenario), map[string]any{"view": "html"}))
		if strings.Contains(floor, "<iframe") || strings.Contains(floor, "<script") {
			t.Errorf("%s: the floor needs a frame or a script:\n%s", scenario, floor)
		}
		views := map[string]bool{}
		for _, m := range floorLink.FindAllStringSubmatch(floor, -1) {
			if !strings.Contains(m[0], `target="_blank"`) {
				t.Errorf("%s: %s leaves the ticket", scenario, m[0])
			}
			res, err := http.Get(html.UnescapeString(m[1]))
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s: %s answers %d", scenario, m[1], res.StatusCode)
			}
			page := w.arrived(res)
			if v := regexp.MustCompile(`data-view="([a-z-]+)"`).FindStringSubmatch(page); v != nil {
				views[v[1]] = true
			}
		}
		for _, view := range want {
			if !views[view] {
				t.Errorf("%s: no link leads to %s, they lead to %v:\n%s", scenario, view, views, floor)
			}
		}
	}
}

func TestFloor_linksAndUnlinksInANewTab(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	request := w.BlockRequest(w.Ticket("three_contacts_one_phone"), map[string]any{"view": "html"})
	press := func(path, text string) {
		t.Helper()
		for _, m := range floorForm.FindAllStringSubmatch(w.Open(w.Replicas[0], request), -1) {
			if !strings.HasSuffix(m[1], path) {
				continue
			}
			values := url.Values{}
			for _, in := range regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
				values.Set(in[1], html.UnescapeString(in[2]))
			}
			says(t, w.submit(html.UnescapeString(m[1]), values), text)
			return
		}
		t.Fatalf("the floor has no form for %s", path)
	}
	press("/link", "Linked. From now on only this contact is shown.")
	press("/unlink", "Unlinked.")
}

func TestFloor_leadsToTheLoginBeforeIt(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	floor := w.Open(w.Replicas[0], w.BlockRequest(w.Ticket("known_one_deal"), map[string]any{"view": "html"}))
	says(t, floor, "Log in to amoCRM", "/login", `target="_blank"`)
}
