package amocrm

import (
	"context"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
)

// hostile is a name that tries to leave every place a name can stand in.
const hostile = `--></textarea></title><img src=x onerror=alert(1)>"'><script>alert(2)</script><svg/onload=alert(3)>{{client.phone}}{{.}}${7*7}` + "\r\nSet-Cookie: evil=1"

// poison puts hostile texts into everything that people can write, and scripts into everything that is an address. Words
// that are ours alone (kinds, keys of texts, types of fields) stay.
func poison(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && v.Kind() == reflect.Pointer {
			poison(v.Elem(), name)
		}
	case reflect.Struct:
		if _, isTime := v.Interface().(time.Time); isTime {
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				poison(v.Field(i), f.Name)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), name)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			inner := v.MapIndex(k)
			if inner.Kind() == reflect.Interface && inner.Elem().Kind() == reflect.String || inner.Kind() == reflect.String {
				v.SetMapIndex(k, reflect.ValueOf(hostile))
			}
		}
	case reflect.String:
		switch {
		case !v.CanSet() || name == "Kind" || name == "Key" || name == "State" || name == "Type" || name == "Lang":
		case strings.HasSuffix(name, "URL") || name == "Link":
			v.SetString("javascript:alert(4)//" + hostile)
		default:
			v.SetString(hostile)
		}
	}
}

// poisoned is a fixture in which every name, note, field, stage, user, subject and reason is hostile.
func poisoned(t *testing.T) (*fixture, helpdesk.Ticket) {
	w := newFixture(t)
	w.crm.meta = sampleMeta()
	for _, v := range []any{&w.crm.people, &w.crm.card, &w.crm.feedItems, &w.crm.tasks, &w.crm.form, w.crm.meta, &w.crm.required} {
		poison(reflect.ValueOf(v), "")
	}
	w.crm.found, w.crm.duplicates = w.crm.people.Contacts, w.crm.people.Contacts
	ticket := sampleTicket()
	id := ticket.Client.ID
	poison(reflect.ValueOf(&ticket), "")
	ticket.ID, ticket.Client.ID = 101, id
	r := chairs(101)
	r.Comment, r.Fields.Name = hostile, hostile
	w.fired(time.Hour, r, jobs.Steps{LeadURL: "javascript:alert(5)", LeadID: 9}, jobs.Outcome{State: ledger.StateFailed, Why: hostile,
		Problems: []request.Problem{{Path: hostile, Code: hostile, Detail: hostile}}})
	w.reads(hostileDesk{}, nil)
	return w, ticket
}

type hostileDesk struct{}

func (hostileDesk) Ticket(context.Context, int64) (usedesk.Ticket, error) {
	return usedesk.Ticket{ID: 101, Subject: hostile, Comments: []usedesk.Comment{{ID: 1, From: "client", Type: "public", Message: hostile}}}, nil
}

// harmless reads a page as a browser does: nothing in it may run.
func harmless(t *testing.T, where, page string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		tag := tokens.Token()
		source := ""
		for _, a := range tag.Attr {
			ours := tag.Data == "iframe" && a.Key == "onload" && strings.HasPrefix(a.Val, "(function(f,o){f.contentWindow")
			address := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on") && !ours:
				t.Errorf("%s: <%s %s=%q>", where, tag.Data, a.Key, a.Val)
			case strings.HasPrefix(address, "javascript:") && a.Key != "value", strings.HasPrefix(address, "data:text"):
				t.Errorf("%s: <%s %s=%q>", where, tag.Data, a.Key, a.Val)
			case a.Key == "srcdoc", strings.HasPrefix(a.Key, "hx-on"), a.Key == "hx-vals" && strings.HasPrefix(address, "js:"):
				t.Errorf("%s: <%s %s=%q>", where, tag.Data, a.Key, a.Val)
			case a.Key == "src":
				source = a.Val
			}
		}
		if tag.Data == "script" && !strings.HasPrefix(source, "/assets/") || tag.Data == "img" && source == "x" || tag.Data == "base" || tag.Data == "object" || tag.Data == "embed" {
			t.Errorf("%s: %s", where, tag)
		}
	}
}

func TestAttack_hostileTextsNeverRun(t *testing.T) {
	w, ticket := poisoned(t)
	panel := w.session(i18n.EN, ticket)
	page, err := w.pages.Rules.Inbox(t.Context(), "t1", rules.Query{})
	if err != nil || len(page.Jobs) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	opened, err := w.sessions.Get(t.Context(), panel[len(panel)-22:])
	if err != nil {
		t.Fatal(err)
	}
	w.h.fetchMessage(t.Context(), opened)
	shown := 0
	check := func(where string, rec *httptest.ResponseRecorder) {
		t.Helper()
		if kind := rec.Header().Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
			harmless(t, where, rec.Body.String())
		} else if rec.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %q may be taken for a page", where, kind)
		}
		if strings.Contains(rec.Body.String(), "&lt;script&gt;alert(2)") {
			shown++
		}
		for name, values := range rec.Header() {
			for _, v := range values {
				if strings.ContainsAny(v, "\r\n") || name == "Set-Cookie" && strings.Contains(v, "evil") {
					t.Errorf("%s: header %s: %q", where, name, v)
				}
			}
		}
		if at := rec.Header().Get("Location"); at != "" && !strings.HasPrefix(at, panel) {
			t.Errorf("%s leads to %q", where, at)
		}
	}
	words := everything(url.Values{"q": {hostile}, "text": {hostile}, "name": {hostile}, "request": {hostile}, "reason": {hostile}, "body": {hostile}, "rule": {hostile}, "phones": {hostile}, "emails": {hostile}})
	for _, r := range w.sessionRoutes() {
		for _, path := range paths(r.Path, panel, []string{"12", "deals", "deal", page.Jobs[0].ID, hostile}) {
			if strings.HasSuffix(path, "/login") || strings.HasSuffix(path, "/disconnect") || strings.HasSuffix(path, "/changes") {
				continue // the first two lead to amoCRM by design, the last is no page
			}
			for _, htmx := range []string{"", "true"} {
				words.Set("token", session.NewID())
				q := w.request(r.Method, path+"?wait=1&done=retried-"+url.QueryEscape(hostile)+"&q="+url.QueryEscape(hostile), words)
				q.Header.Set("HX-Request", htmx)
				check(r.Method+" "+r.Path, w.do(q))
			}
		}
	}
	if shown < 20 {
		t.Errorf("the hostile texts were shown on %d pages only: the walk proves little", shown)
	}
	static := w.do(w.request("POST", "/api/", url.Values{"amo_base_host": {"example.amocrm.ru"}, "secret": {hostile}, "view": {"html"}, "client_id": {"55"},
		"subject": {hostile}, "client_data[name]": {hostile}, "language": {hostile}}))
	harmless(t, "static", w.html(static))
	for _, key := range []string{"amo_base_host", "usedesk_api_base", "language", "ticket_id"} {
		form := url.Values{"amo_base_host": {"example.amocrm.ru"}, "secret": {"s"}}
		form.Set(key, hostile)
		harmless(t, key, w.html(w.do(w.request("POST", "/api/", form))))
	}
	harmless(t, "callback", w.get("/oauth/callback?state="+url.QueryEscape(hostile)+"&error="+url.QueryEscape(hostile)).Body.String())
}

// What a client calls himself is no template: neither ours nor the page's is evaluated in it.
func TestAttack_templateInANameStaysText(t *testing.T) {
	w := newFixture(t)
	ticket := sampleTicket()
	ticket.Client.Name, ticket.Subject = "{{client.phone}}", `{{.}} [[client.email]] {{printf "%s" .Token}}`
	w.crm.people.Contacts[0].Name = "{{client.phone}}"
	panel := w.session(i18n.EN, ticket)
	w.contains(w.get(panel+"?wait=1"), "{{client.phone}}")
	w.contains(w.get(panel+"/contacts/new?wait=1"), `value="{{client.phone}}"`)
	w.contains(w.get(panel+"/deals/new?wait=1"), `{{.}} [[client.email]] {{printf &#34;%s&#34; .Token}}`)
}
