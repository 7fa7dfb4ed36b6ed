package amocrm

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/oauth"
)

func TestPanel_securityHeadersOnEveryPage(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	for _, path := range []string{"", "/people", "/search", "/contacts/new", "/deals/new", "/deals/12", "/deals/99"} {
		rec := w.get(base + path)
		csp := rec.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';",
			"frame-ancestors https://secure.usedesk.com https://secure.usedesk.ru", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: %q is not in %q", path, want, csp)
			}
		}
		if rec.Header().Get("Referrer-Policy") != "no-referrer" || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", path, rec.Header())
		}
		body := rec.Body.String()
		for _, bad := range []string{"<script>", " style=", "onclick", "javascript:", "hx-on"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %q breaks the policy", path, bad)
			}
		}
		if strings.Contains(body, "ZgotmplZ") {
			t.Errorf("%s: a value was refused by the template: %s", path, body)
		}
	}
}

func TestPanel_expiredSessionSaysRefresh(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	w.redis.FastForward(session.SessionLife + time.Minute)
	if rec := w.get(base); rec.Code != http.StatusOK {
		t.Errorf("a page in the frame: status %d", rec.Code)
	}
	rec := w.fragment(base + "/people")
	if rec.Code != http.StatusGone || rec.Header().Get("HX-Retarget") != "#panel" {
		t.Errorf("a fragment: status %d, headers %v", rec.Code, rec.Header())
	}
	w.contains(rec, "Refresh the block")
}

func TestPanel_hostileNamesAreEscaped(t *testing.T) {
	w := newFixture(t)
	evil := `"><img src=x onerror=alert(1)><script>alert(2)</script>{{.Name}}`
	p := sampleAnna()
	p.Name, p.Position, p.Company, p.Responsible, p.Tags = evil, evil, evil, evil, []string{evil}
	p.Phones, p.Emails, p.URL, p.CompanyURL = []string{evil}, []string{evil}, "javascript:alert(3)", "javascript:alert(4)"
	p.Matched = []people.Match{{Kind: people.MatchEmail, Value: evil}}
	for i := range p.Deals {
		p.Deals[i].Name, p.Deals[i].Status, p.Deals[i].Pipeline, p.Deals[i].Color = evil, evil, evil, `red" onload="x`
		p.Deals[i].URL = "javascript:alert(5)"
	}
	w.crm.people.Contacts = []people.Person{p, p}
	w.crm.card.Name, w.crm.card.Fields = evil, []fields.Shown{{Name: evil, Type: "url", Text: []string{evil}, URL: "javascript:alert(6)"}}
	w.crm.feedItems = []feed.Item{
		{Kind: feed.KindComment, Text: evil, Author: evil, Link: "javascript:alert(7)"},
		{Kind: feed.KindStatus, Key: "feed.status_changed", Args: map[string]any{"from": evil, "to": evil}},
	}
	ticket := sampleTicket()
	ticket.Subject, ticket.Client.Name = evil, evil
	base := w.session(i18n.EN, ticket)
	for _, path := range []string{"", "/deals/12", "/deals/new", "/contacts/new"} {
		body := w.get(base + path).Body.String()
		for _, bad := range []string{"<img", "<script>", "javascript:", `onload="x`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %s got through:\n%s", path, bad, body)
			}
		}
	}
}

func TestPanel_numbersThatCantBeSearchedAreNamed(t *testing.T) {
	w := newFixture(t)
	w.crm.people.Contacts = nil
	base := w.session(i18n.EN, helpdesk.Ticket{ID: 1, Client: helpdesk.Client{ID: 2, Phones: []string{"+7 916 111 22 3", "+7 916 111 22 33"}}})
	page := w.fragment(base + "/people")
	w.contains(page, "This number can&#39;t be searched: &#43;7 916 111 22 3<")
	if n := strings.Count(page.Body.String(), "916 111"); n != 2 { // once each
		t.Errorf("the numbers stand there %d times", n)
	}
}

func TestPanel_firstPaintShowsASkeletonThatFetches(t *testing.T) {
	w := newFixture(t)
	w.h.FirstPaint = 5 * time.Millisecond
	release := make(chan struct{})
	w.crm.onPeople = func(context.Context) (people.Found, error) {
		<-release
		return w.crm.people, nil
	}
	base := w.session(i18n.EN, sampleTicket())
	rec := w.get(base + "?done=linked")
	w.contains(rec, `aria-busy="true"`, `hx-trigger="load"`, `hx-get="`+base+`?done=linked"`, `<noscript><meta http-equiv="refresh" content="0;url=`+base)
	close(release)
	w.contains(w.fragment(base), "Anna Petrova")
}

func TestPanel_slowAmoIsSaidWithinTheBudget(t *testing.T) {
	w := newFixture(t)
	w.h.Budget = 300 * time.Millisecond
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	w.crm.onPeople = func(context.Context) (people.Found, error) {
		<-hang
		return people.Found{}, nil
	}
	base := w.session(i18n.EN, sampleTicket())
	start := time.Now()
	rec := w.fragment(base + "/people")
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	w.contains(rec, "amoCRM is slow just now", "Try again", base+"/people")
}

func TestPanel_lostLoginKeepsOldDataAndAsks(t *testing.T) {
	w := newFixture(t)
	w.grants.status = oauth.Status{State: "lost", Since: ago(time.Hour)}
	w.crm.people.Stale, w.crm.people.Err = true, oauth.ErrGrantLost{Since: ago(time.Hour)}
	rec := w.get(w.session(i18n.EN, sampleTicket()))
	w.contains(rec, "Anna Petrova", "amoCRM needs a new login", "/login", "data-popup")
}

func TestPanel_opensWherePointed(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	for open, want := range map[string]string{"deal:12": "/deals/12", "create-deal": "/deals/new", "add-contact": "/contacts/new", "search": "/search"} {
		rec := w.get(base + "?open=" + open)
		if got := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || got != base+want {
			t.Errorf("%s: %d %q", open, rec.Code, got)
		}
	}
	for _, open := range []string{"deal:x", "deal:", "https://evil.example.com", "nothing"} {
		if rec := w.get(base + "?open=" + open); rec.Code != http.StatusOK {
			t.Errorf("%s: %d %v", open, rec.Code, rec.Header())
		}
	}
}

func TestPanel_openCardIsOpenAgainOnTheTicket(t *testing.T) {
	w := newFixture(t)
	w.get(w.session(i18n.EN, sampleTicket()) + "/deals/12")
	again := w.session(i18n.EN, sampleTicket())
	if rec := w.get(again); rec.Header().Get("Location") != again+"/deals/12" {
		t.Errorf("status %d, location %q", rec.Code, rec.Header().Get("Location"))
	}
	w.get(again + "/people") // back to the list
	if rec := w.get(w.session(i18n.EN, sampleTicket())); rec.Code != http.StatusOK {
		t.Errorf("status %d after going back", rec.Code)
	}
}

func TestPanel_sixtyDealsWithoutReload(t *testing.T) {
	w := newFixture(t)
	w.crm.people.Contacts = []people.Person{sixty()}
	rec := w.get(w.session(i18n.EN, sampleTicket()))
	if n := strings.Count(rec.Body.String(), `class="row-name"`); n != 60 {
		t.Errorf("%d deals on the page, want 60", n)
	}
	w.contains(rec, "Show 50 more deals", "20 open")
}

func TestPanel_languagesDontMix(t *testing.T) {
	w := newFixture(t)
	w.crm.people.Contacts = nil
	own := map[i18n.Lang]string{i18n.EN: "Add to amoCRM", i18n.ES: "Añadir a amoCRM", i18n.PT: "Adicionar ao amoCRM", i18n.RU: "Добавить в amoCRM"}
	bases := map[i18n.Lang]string{}
	for l := range own {
		bases[l] = w.session(l, sampleTicket())
	}
	var wg sync.WaitGroup
	for range 20 {
		for l, base := range bases {
			wg.Go(func() {
				body := w.get(base).Body.String()
				for other, text := range own {
					if strings.Contains(body, text) != (other == l) {
						t.Errorf("page in %s: %q of %s", l, text, other)
					}
				}
				if !strings.Contains(body, fmt.Sprintf(`<html lang="%s">`, l)) {
					t.Errorf("page in %s has another lang attribute", l)
				}
			})
		}
	}
	wg.Wait()
}

func TestDeal_idsOfTheBrowser(t *testing.T) {
	w := newFixture(t)
	base := w.session(i18n.EN, sampleTicket())
	for _, id := range []string{"99", "0", "-1", "abc", "99999999999999999999"} {
		w.contains(w.get(base+"/deals/"+id), "Not in this amoCRM account any more", "Back to the client")
		if rec := w.fragment(base + "/deals/" + id); rec.Code != http.StatusNotFound {
			t.Errorf("%s: fragment has status %d", id, rec.Code)
		}
	}
}

func TestDeal_feedThatFailsLeavesTheCard(t *testing.T) {
	w := newFixture(t)
	w.crm.feedErr = amoapi.ErrUpstream
	w.contains(w.get(w.session(i18n.EN, sampleTicket())+"/deals/12"), "Office chairs", "amoCRM is not available", `name="text"`)
}

func TestAssets_cachedByHash(t *testing.T) {
	w := newFixture(t)
	rec := w.get(ui.AssetURL("panel.css"))
	if rec.Code != http.StatusOK || !strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	if rec := w.get("/assets/panel.css?v=old"); strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
		t.Error("an old address is kept for ever")
	}
	if rec := w.get("/assets/nothing.js"); rec.Code != http.StatusNotFound {
		t.Errorf("status %d", rec.Code)
	}
}

func TestProblems_haveTexts(t *testing.T) {
	w := newFixture(t)
	codes := map[string]bool{"problem.internal": true}
	for _, p := range Problems {
		codes["problem."+p.Code] = true
	}
	for _, code := range []string{"denied", "state", "account", "secrets", "config", "upstream", "internal"} {
		codes["login_failed."+code] = true
	}
	for _, code := range []string{"no_host", "bad_host", "bad_desk", "no_credential", "too_big", "unreadable", "wrong_type", "internal"} {
		codes["open."+code] = true
	}
	for code := range codes {
		for _, part := range []string{".title", ".text"} {
			for _, l := range i18n.Langs {
				if got := w.h.Catalog.T(l, code+part); got == code+part {
					t.Errorf("%s: no text for %s", l, code+part)
				}
			}
		}
	}
}
