package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// alone opens a ticket's panel in a tab of its own, as narrow as in the ticket card.
func (b *browser) alone(w *suite, scenario string) {
	b.t.Helper()
	b.do("open the panel", chromedp.EmulateViewport(300, 900), chromedp.Navigate(w.Panel(w.Replicas[0], w.Ticket(scenario), nil)),
		chromedp.WaitVisible(`[data-view]:not([data-view=loading])`, chromedp.ByQuery))
}

// holds waits for a JavaScript expression to become true.
func (b *browser) holds(what, expression string) {
	b.t.Helper()
	b.do(what, until(`(() => { try { return !!(`+expression+`) } catch (e) { return false } })()`)) // what is not there yet throws
}

func silent(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(page, part) {
			t.Errorf("the page says %q:\n%s", part, page)
		}
	}
}

func TestChecklist07_searchesByPhoneAndMailWithoutAClick(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	for scenario, want := range map[string][]string{
		"known_one_deal": {"Ирина Соколова", "phone …01-01", "e-mail irina.sokolova@example.com"},
		"phone_8_vs_7":   {"Пётр Лебедев", "phone …45-67"}, // 8 (999) in the helpdesk, +7999 in amoCRM
		"email_only":     {"Grace Miller", "e-mail grace.miller@example.com"},
		"email_case":     {"Lena Frost", "e-mail mixed.case@example.com"},
	} {
		says(t, w.first(w.Ticket(scenario), nil), append(want, "Found by")...)
	}
}

func TestChecklist08_saysThatThereAreNoDataYet(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	for _, scenario := range []string{"unknown_client", "near_miss", "rtl_unknown"} {
		says(t, w.first(w.Ticket(scenario), nil), `data-state="nobody"`, "No data on this client yet")
	}
	silent(t, w.first(w.Ticket("known_one_deal"), nil), "No data on this client yet")
}

func TestChecklist09_offersToTransferTheData(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	says(t, w.first(w.Ticket("unknown_client"), nil), `/contacts/new">Add to amoCRM</a>`)
	says(t, w.first(w.Ticket("messenger_only"), nil), "/contacts/new", `action="`) // and a search by hand where nothing could be searched for
}

func TestChecklist10_transferFormIsFilled(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	_, page := w.Get(http.DefaultClient, w.Panel(w.Replicas[0], w.Ticket("unknown_client"), nil)+"/contacts/new")
	says(t, page, `name="name" value="Olivia Park"`, `value="+16175550142"`, `value="olivia.park@example.com"`)
}

func TestChecklist11_showsAllClientsFound(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	page := w.first(w.Ticket("three_contacts_one_phone"), nil)
	says(t, page, "3 contacts match.", "Олег Беляев", "Анна Беляева", "Беляев О. (старая карточка)")
	if n := strings.Count(page, "/contacts/detail/"); n != 3 {
		t.Errorf("%d links to amoCRM's cards, want 3", n)
	}
	page = w.first(w.Ticket("two_emails_two_contacts"), nil)
	says(t, page, "Helen Brooks (work)", "Helen Brooks (private)")
	// Each lacks the address by which the other was found; one click adds it and keeps what is there.
	says(t, page, "helen.home@example.com", "helen.brooks@example.com")
	if n := strings.Count(page, `class="missing"`); n != 2 {
		t.Errorf("offered to mend %d contacts, want 2:\n%s", n, page)
	}
}

func TestChecklist12_clickOnAClientShowsHisDeals(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	b.alone(w, "three_contacts_one_phone")
	b.holds("the first client's deals are open", `document.querySelectorAll(".fold[open]").length === 1`)
	b.holds("another client's are folded", `[...document.querySelectorAll(".fold:not([open]) .row-name")].some(a => a.textContent.includes("старой карточки"))`)
	b.hit(`.fold:not([open]):has(a[href*="/leads/detail/20610048"]) > summary`)
	b.holds("they show", `[...document.querySelectorAll(".fold[open] .row-name")].some(a => a.textContent.includes("старой карточки") && a.checkVisibility())`)
}

func TestChecklist13_severalClientsHaveALinkButton(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	page := w.first(w.Ticket("three_contacts_one_phone"), nil)
	if n := strings.Count(page, "Link</button>"); n != 3 {
		t.Errorf("%d Link buttons, want 3:\n%s", n, page)
	}
}

func TestChecklist14_linkedClientAloneIsShownUntilTheLinkIsMended(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	b := newBrowser(t)
	only := func(name string) {
		t.Helper()
		b.holds("only "+name+" is shown", fmt.Sprintf(`document.querySelectorAll(".person").length === 1 &&
			document.querySelector(".person h2").textContent.includes(%q) && !!document.querySelector("form[action$='/unlink']")`, name))
	}
	b.alone(w, "three_contacts_one_phone")
	b.hit(`.person:has(a[href$="/contacts/detail/40401605"]) form[action$="/link"] button`)
	only("старая карточка")
	b.alone(w, "three_contacts_one_phone") // a new block, a new session
	only("старая карточка")

	// The link was wrong: all matches are one click away, and another one replaces it.
	b.hit(`a[href$="/people?all=1"]`)
	b.holds("all three, the linked one first", `document.querySelectorAll(".person").length === 3 &&
		document.querySelector(".person .chip.linked") === document.querySelector(".person").querySelector(".chip.linked")`)
	b.hit(`.person:has(a[href$="/contacts/detail/40401604"]) form[action$="/link"] button`)
	only("Анна Беляева")

	// Or somebody who does not match at all, found by name.
	b.hit(`a[href$="/search"]`)
	b.do("search", chromedp.WaitVisible(`[data-view=search]`, chromedp.ByQuery), chromedp.SendKeys(`#q`, "Imogen\n", chromedp.ByQuery))
	b.hit(`.person:has(a[href$="/contacts/detail/40401622"]) form[action$="/link"] button`)
	only("Imogen Clarke")
	b.hit(`form[action$="/unlink"] button`)
	b.holds("the client is searched for again", `document.querySelectorAll(".person").length === 3`)
}

func TestChecklist16_contactIsMadeInTheBlockAndCompletedWithOneClick(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	w.Fault(map[string]any{"index_lag_ms": 60_000}) // amoCRM's search does not know new contacts for a while
	b := newBrowser(t)
	b.alone(w, "unknown_client")
	b.hit(`.state a.button`)
	b.do("send the form", chromedp.WaitVisible(`[data-view=contact-form]`, chromedp.ByQuery), chromedp.Click(`.button.primary`, chromedp.ByQuery))
	b.holds("he is there at once", `document.querySelector(".person h2").textContent.includes("Olivia Park")`)
	if n := w.Stats().Contacts; n != 1 {
		t.Errorf("%d contacts were made", n)
	}

	b.alone(w, "two_emails_two_contacts")
	b.hit(`.person:has(a[href$="/contacts/detail/40401618"]) .missing button`)
	b.holds("the address has been added", `document.querySelector(".banner.good") &&
		[...document.querySelectorAll(".person")].some(p => p.textContent.includes("(work)") && p.querySelectorAll(".facts a[href^=mailto]").length === 2 && !p.querySelector(".missing"))`)
	var contact struct {
		Fields []struct {
			Code   string `json:"field_code"`
			Values []struct {
				Value string `json:"value"`
			} `json:"values"`
		} `json:"custom_fields_values"`
	}
	w.crm("/api/v4/contacts/40401618", &contact)
	var mails []string
	for _, f := range contact.Fields {
		for _, v := range f.Values {
			if f.Code == "EMAIL" {
				mails = append(mails, v.Value)
			}
		}
	}
	if strings.Join(mails, " ") != "helen.brooks@example.com helen.home@example.com" {
		t.Errorf("amoCRM has %q: the old address must stay, the new one follow", mails)
	}
}

func TestChecklist11_possibleDuplicatesComeBeforeACreate(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("phone_8_vs_7"), nil)
	form := url.Values{"token": {w.token(panel, "/contacts/new")}, "name": {"Пётр"}, "phone": {"+7 999 123-45-67"}}
	page := w.submit(panel+"/contacts", form)
	says(t, page, "Пётр Лебедев", "Add anyway")
	if n := w.Stats().Contacts; n != 0 {
		t.Fatalf("%d contacts were made without a word", n)
	}
	_, seen, _ := strings.Cut(page, `name="anyway" value="`)
	seen, _, _ = strings.Cut(seen, `"`)
	form.Set("anyway", seen)
	w.submit(panel+"/contacts", form)
	if n := w.Stats().Contacts; n != 1 {
		t.Errorf("%d contacts were made after \"Add anyway\"", n)
	}
}
