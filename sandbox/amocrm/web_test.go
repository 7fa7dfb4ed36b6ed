package amocrm

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestWeb_pagesAreLabelledAndEscaped(t *testing.T) {
	b := start(t, nil)
	for path, want := range map[string][]string{
		"/":                     {"Fence &amp; gate", "/_sandbox/info"},
		"/contacts/":            {"Пётр &lt;script&gt;", "&#43;79990000001"},
		"/contacts/?q=0000001":  {"&#43;79990000001"},
		"/contacts/?q=nobody":   {"Nothing found"},
		"/contacts/detail/201":  {"Пётр &lt;script&gt;", "Fence &amp; gate", "&#43;79990000001 (work)"},
		"/companies/":           {"Nothing found"},
		"/leads/":               {"First contact", "Talks", "Fence &amp; gate", "22\u00a0500\u00a0₽"},
		"/leads/pipeline/501":   {"Fence &amp; gate"},
		"/leads/?pipeline=501":  {"Fence &amp; gate"},
		"/leads/detail/301":     {"Web", "2018-11-13", "yes", "#vip", `<option value="501:601" selected>`, "lead added", "Anna Admin"},
		"/settings/":            {"Sidecard", "none"},
		"/leads/detail/999":     {"nothing with this number"},
		"/leads/detail/311":     {"nothing with this number"}, // the other account's
		"/leads/detail/x":       {"nothing with this number"},
		"/leads/pipeline/9":     {"nothing with this number"},
		"/nowhere":              {"no page at /nowhere"},
		"/companies/detail/201": {"nothing with this number"},
	} {
		r := b.do("GET", firstHost, path, nil)
		page := string(r.body)
		if missing := strings.Contains(page, "<h1>Not found</h1>"); missing != (r.status == http.StatusNotFound) || !missing && r.status != http.StatusOK {
			t.Errorf("%s: status %d", path, r.status)
		}
		for _, w := range append(want, "Local imitation of amoCRM, not the real one", "First &amp; &lt;Co&gt; (local amoCRM)</title>") {
			if !strings.Contains(page, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
		if strings.Contains(page, "<script>") || strings.Contains(page, "ZgotmplZ") || !strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s is not safe:\n%s", path, page)
		}
	}
}

func TestWeb_hostChoosesTheAccountAndStrangersGetTheFirst(t *testing.T) {
	b := start(t, nil)
	for host, want := range map[string]string{secondHost: "<h1>Second</h1>", "localhost:1234": "<h1>First &amp; &lt;Co&gt;</h1>"} {
		if page := string(b.do("GET", host, "/", nil).body); !strings.Contains(page, want) {
			t.Errorf("%s lacks %s", host, want)
		}
	}
}

func TestWeb_moveTellsFeedAndWebhooks(t *testing.T) {
	b := start(t, nil)
	rc := receive(t, 200)
	access, _ := b.grant()
	b.subscribe(access, rc.url, "status_lead")
	r := b.do("POST", firstHost, "/leads/detail/301/stage", url.Values{"stage": {"501:142"}})
	wantStatus(t, r, http.StatusSeeOther)
	got := rc.wait(t, 0)
	if valueOf(got, "leads[status][0][status_id]") != "142" || valueOf(got, "leads[status][0][old_status_id]") != "601" {
		t.Errorf("webhook %v", got)
	}
	page := string(b.do("GET", firstHost, r.header.Get("Location"), nil).body)
	if !strings.Contains(page, `<option value="501:142" selected>`) || !strings.Contains(page, "lead status changed") {
		t.Errorf("page: %s", page)
	}
	for path, stage := range map[string]string{
		"/leads/detail/301/stage": "501:600", "/leads/detail/999/stage": "501:602", "/leads/detail/301/stage?": "501:611", "/leads/detail/301/stage?x": "",
	} {
		wantStatus(t, b.do("POST", firstHost, path, url.Values{"stage": {stage}}), http.StatusNotFound)
	}
	r = b.do("POST", firstHost, "/leads/detail/301/stage", url.Values{"stage": {"501:602"}}, "Sec-Fetch-Site", "cross-site")
	wantStatus(t, r, http.StatusForbidden)
}

func TestWeb_disconnectEndsTheGrantAndTellsTheHook(t *testing.T) {
	rc := receive(t, 200)
	b := start(t, func(o *Options) { o.DisconnectURI = rc.url })
	access, _ := b.grant()
	if page := string(b.do("GET", firstHost, "/settings/", nil).body); !strings.Contains(page, "Disconnect Sidecard") {
		t.Fatalf("no button: %s", page)
	}
	r := b.do("POST", firstHost, "/settings/disconnect", url.Values{"client_id": {"1ff6828b-c10c-43f8-98d0-370001e85b6c"}})
	wantStatus(t, r, http.StatusSeeOther)
	rc.wait(t, 0)
	wantStatus(t, b.api("GET", account, access, nil), http.StatusUnauthorized)
	page := string(b.do("GET", firstHost, r.header.Get("Location"), nil).body)
	if strings.Contains(page, "Disconnect Sidecard") || !strings.Contains(page, "The integration is disconnected") {
		t.Errorf("page: %s", page)
	}
	wantStatus(t, b.do("POST", firstHost, "/settings/disconnect", url.Values{"client_id": {"x"}}), http.StatusNotFound)
}

func TestWeb_sectionIsMarked(t *testing.T) {
	b := start(t, nil)
	for path, want := range map[string]string{
		"/": `<a href="/" aria-current="page">`, "/leads/detail/301": `<a href="/leads/" aria-current="page">`,
		"/contacts/": `<a href="/contacts/" aria-current="page">`, "/settings/": `<a href="/settings/" aria-current="page">`,
	} {
		page := string(b.do("GET", firstHost, path, nil).body)
		if nav := page[strings.Index(page, `aria-label="Sections"`):strings.Index(page, "</nav>")]; !strings.Contains(nav, want) || strings.Count(nav, "aria-current") != 1 {
			t.Errorf("%s: %s", path, nav)
		}
	}
}

func TestWeb_trackShowsTheWayThroughThePipeline(t *testing.T) {
	b := start(t, nil)
	b.do("POST", firstHost, "/leads/detail/301/stage", url.Values{"stage": {"501:602"}})
	page := string(b.do("GET", firstHost, "/leads/detail/301", nil).body)
	for _, want := range []string{`<li class="past" title="First contact">`, `<li class="now" aria-current="step" title="Talks">`} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks %s", want)
		}
	}
	b.do("POST", firstHost, "/leads/detail/301/stage", url.Values{"stage": {"501:143"}})
	page = string(b.do("GET", firstHost, "/leads/detail/301", nil).body)
	track := page[strings.Index(page, `<ol class="track"`):strings.Index(page, "</ol>")]
	if strings.Count(track, "<li") != 3 || strings.Count(track, `class="past"`) != 2 {
		t.Errorf("a lost deal's track: %s", track)
	}
}
