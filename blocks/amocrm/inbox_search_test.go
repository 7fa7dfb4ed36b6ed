package amocrm

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
)

// What is searched for is a client's name as a rule. Addresses stand in histories and in logs of proxies.
func TestInbox_whatIsSearchedForStandsInNoAddress(t *testing.T) {
	w := newFixture(t)
	for i := range 53 {
		w.fired(time.Duration(100-i)*time.Minute, chairs(int64(1000+i)), jobs.Steps{}, jobs.Outcome{State: ledger.StateAccepted})
	}
	base := w.session(i18n.EN, sampleTicket())
	form := url.Values{"q": {"Chairs"}, "state": {"accepted"}}
	for page := range 2 {
		rec := w.post(base+"/inbox/search", form, false)
		if rec.Code != http.StatusOK || rec.Header().Get("Location") != "" {
			t.Fatalf("%d to %q", rec.Code, rec.Header().Get("Location"))
		}
		for _, address := range addresses.FindAllStringSubmatch(rec.Body.String(), -1) {
			if strings.Contains(strings.ToLower(address[1]), "chairs") || strings.Contains(address[1], "q=") {
				t.Errorf("page %d: %s", page+1, address[1])
			}
		}
		w.contains(rec, `id="q" name="q"`, `value="Chairs"`, `method="post"`)
		if page == 0 {
			before := regexp.MustCompile(`name="before" value="([^"]+)"`).FindStringSubmatch(rec.Body.String())
			if before == nil {
				t.Fatal("no way to older ones")
			}
			form.Set("before", before[1])
		} else if n := strings.Count(rec.Body.String(), `class="row-name"`); n != 3 {
			t.Errorf("%d older rows", n)
		}
	}
	if body := w.get(base + "/inbox?q=1007").Body.String(); strings.Contains(body, `value="1007"`) {
		t.Error("an address is searched by")
	}
}

var addresses = regexp.MustCompile(`(?:href|action|formaction|src|hx-get|hx-post|hx-push-url)="([^"]*)"`)
