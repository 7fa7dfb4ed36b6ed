package amocrm

import (
	"strings"
	"testing"

	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/i18n"
)

func TestDealFilter_remembersTheChoiceInTheSession(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	rows := func(path string) int { return strings.Count(w.get(base+path).Body.String(), `class="row-name"`) }
	for _, step := range []struct {
		path string
		want int
	}{{"/people", 4}, {"/people?deals=open", 2}, {"/people", 2}, {"", 2}, {"/people?deals=anything", 2}, {"/people?deals=all", 4}, {"/people", 4}} {
		if got := rows(step.path); got != step.want {
			t.Errorf("%s shows %d deals, want %d", step.path, got, step.want)
		}
	}
	w.get(base + "/people?deals=open")
	if other := w.get(w.session(i18n.EN, sampleTicket()) + "/people").Body.String(); strings.Count(other, `class="row-name"`) != 4 {
		t.Error("another session has the choice of this one")
	}
}

func TestDealFilter_saysWhatIsChosenAndWhatIsHidden(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	rec := w.get(base + "/people?deals=open")
	w.contains(rec, `deals=open&amp;at=7" aria-current="true">2 open`, `deals=all&amp;at=7">All 4`, "2 open, ") // the total stays
	closed := sampleAnna()
	closed.Deals = closed.Deals[2:]
	w.crm.people.Contacts = []people.Person{closed}
	w.contains(w.get(base+"/people"), "No open deals; 2 closed ones are hidden.", "Create deal", "2 closed")
}

func TestDealFilter_notOfferedWhenThereIsNothingToHide(t *testing.T) {
	w := newFixture(t)
	anna := sampleAnna()
	anna.Deals = anna.Deals[:2]
	w.crm.people.Contacts = []people.Person{anna, sampleBoris()}
	base := w.session(i18n.EN, sampleTicket())
	for _, path := range []string{"/people", "/people?deals=open"} {
		if body := w.get(base + path).Body.String(); strings.Contains(body, `class="filter"`) {
			t.Errorf("%s offers it:\n%s", path, body)
		}
	}
	closed := sampleAnna()
	closed.Deals = closed.Deals[2:]
	w.crm.people.Contacts = []people.Person{closed, sampleBoris()}
	if body := w.get(base + "/people?deals=all").Body.String(); strings.Contains(body, `class="filter"`) {
		t.Error("offered to hide all there is")
	}
	w.contains(w.get(base+"/people"), "No deals yet.") // Boris has none at all, and that is still said
}

func TestDealFilter_opensTheListItStandsIn(t *testing.T) {
	w := newFixture(t)
	second := sampleAnna()
	second.ID, second.Name = 9, "Anna from the branch"
	w.crm.people.Contacts = []people.Person{sampleAnna(), second}
	body := w.get(w.session(i18n.EN, sampleTicket()) + "/people?deals=open&at=9").Body.String()
	if !strings.Contains(body, `id="deals-of-9" open`) {
		t.Errorf("the list is closed:\n%s", body)
	}
}

// Of a client with very many deals only the newest are read. What is counted among them is no figure of the whole.
func TestDeals_figureIsWholeOrSaysThatItIsTheLeast(t *testing.T) {
	for _, c := range []struct {
		name   string
		deals  []deals.Deal
		more   int
		shown  string
		want   []string
		absent []string
	}{
		{"all are read", sampleDeals(), 0, "all", []string{"2 open, 197,500", ">2 open<", ">All 4<"}, []string{"at least", "or more", "+ open"}},
		{"some are not", sampleDeals(), 100, "all",
			[]string{"at least 2 open, 197,500\u00a0₽ or more", ">2&#43; open<", ">All 104<", "100 older deals are only in amoCRM"}, []string{">2 open"}},
		{"only open ones are shown", sampleDeals(), 100, "open", []string{"at least 2 open, 197,500\u00a0₽ or more", ">2&#43; open<", ">All 104<"}, []string{">2 open"}},
		{"those read are closed", sampleDeals()[2:], 100, "all", []string{"at least 2 closed"}, []string{">2 closed"}},
		{"those read are closed and hidden", sampleDeals()[2:], 100, "open", []string{"None of the newest 2 deals is open", "0&#43; open"}, []string{"No open deals"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newFixture(t)
			w.crm.people.Contacts[0].Deals, w.crm.people.Contacts[0].MoreDeals = c.deals, c.more
			rec := w.get(w.session(i18n.EN, sampleTicket()) + "/people?deals=" + c.shown)
			w.contains(rec, c.want...)
			for _, no := range c.absent {
				if strings.Contains(rec.Body.String(), no) {
					t.Errorf("it says %q", no)
				}
			}
		})
	}
}
