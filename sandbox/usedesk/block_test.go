package usedesk

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBlock_requestHasEveryKeyAndParameter(t *testing.T) {
	block := newOutside(t, answering(200, `{"html":"<b>hi</b><script>1</script>"}`))
	f := setup(t, Options{BlockURL: block.URL + "/api/", AmoBaseHost: "http://127.0.0.1:8081"})
	ticket := f.ticketOf("known_one_deal")
	f.desk.state.Write(func(w *world) { w.Blocks[0].SecretKey = "s3cret" })

	if got := f.get(fmt.Sprintf("/tickets/%d/blocks/1", ticket)); got != `<b>hi</b><script>1</script>` {
		t.Errorf("the HTML did not come through as it is: %q", got)
	}
	r := block.last(t)
	if r.path != "/api/" || r.contentType != "application/json" {
		t.Errorf("posted %s as %s", r.path, r.contentType)
	}
	want := decode(t, fmt.Sprintf(`{"ticket_id":%d,"subject":"Когда приедет заказ HS-1977?","client_id":261702,
		"contact":"irina.sokolova@example.com","channel_id":7,"channel_type":"email","from_email":"irina.sokolova@example.com","from_id":null,
		"client_data":{"name":"Ирина Соколова","company":null,"emails":["irina.sokolova@example.com"],
			"phones":[{"type":"mobile","phone":"+7 999 100-01-01"}],"social_services":[],"addresses":[],
			"messengers":[{"type":"telegram","id":"@sokolova_example"}],"sites":[]},
		"channel_data":{"type":"email","data":"support@example.com","id":7},"is_auto_load":"1","secret":"s3cret",
		"amo_base_host":"http://127.0.0.1:8081","usedesk_api_token":"sandbox-usedesk-token","language":"en"}`, ticket))
	if diff := cmp.Diff(want, decode(t, string(r.body))); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestBlock_refreshIsNotAutomatic(t *testing.T) {
	block := newOutside(t, answering(200, `{"html":""}`))
	f := setup(t, Options{BlockURL: block.URL})
	f.get(fmt.Sprintf("/tickets/%d/blocks/1?reload=1", f.ticketOf("blank_subject")))
	body := decode(t, string(block.last(t).body))
	if got := dig(t, body, "is_auto_load"); got != "0" {
		t.Errorf("is_auto_load is %v", got)
	}
	if got := dig(t, body, "subject"); got != nil {
		t.Errorf("a blank subject is %v, want null", got)
	}
	if _, has := body.(map[string]any)["secret"]; has {
		t.Error("a secret was sent though none is set")
	}
}

func TestBlock_badAnswersAreShownAsText(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	for name, tc := range map[string]struct {
		answer        http.HandlerFunc
		outcome, text string
	}{
		"status":     {answering(500, `<script>x</script>`), blockStatus, "HTTP 500: &lt;script&gt;"},
		"noJSON":     {answering(200, `Notice: <b>x</b> {"html":"y"}`), blockBadJSON, "is not {&#34;html&#34;"},
		"noHTML":     {answering(200, `{"htm":"y"}`), blockBadJSON, "htm"},
		"redirect":   {answering(302, ``), blockStatus, "HTTP 302"},
		"timeout":    {func(_ http.ResponseWriter, r *http.Request) { wait(r, hang) }, blockTimeout, "did not answer within"},
		"noAnswer":   {func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, blockNoAnswer, "could not be reached"},
		"tooLarge":   {answering(200, `{"html":"`+strings.Repeat("x", maxBlock)+`"}`), blockNoAnswer, "longer than"},
		"emptyIsOK":  {answering(200, `{"html":""}`), blockOK, ""},
		"extraKeys":  {answering(200, `{"html":"yes","more":1}`), blockOK, "yes"},
		"htmlNumber": {answering(200, `{"html":5}`), blockBadJSON, "is not"},
	} {
		t.Run(name, func(t *testing.T) {
			block := newOutside(t, tc.answer)
			limit := 5 * time.Second
			if name == "timeout" {
				limit = 50 * time.Millisecond
			}
			f := setup(t, Options{BlockURL: block.URL, BlockTimeout: limit})
			res, body := f.do(http.MethodGet, fmt.Sprintf("/tickets/%d/blocks/1", f.ticketOf("email_only")), "", "")
			if res.StatusCode != 200 || res.Header.Get("X-Block-Outcome") != tc.outcome || !strings.Contains(body, tc.text) {
				t.Errorf("%d, outcome %s, body %.300q; want %s with %q", res.StatusCode, res.Header.Get("X-Block-Outcome"), body, tc.outcome, tc.text)
			}
		})
	}
}

func wait(r *http.Request, end chan struct{}) {
	select {
	case <-r.Context().Done():
	case <-end:
	}
}

func TestBlock_settingsAreSavedAndSent(t *testing.T) {
	block := newOutside(t, answering(200, `{"html":"ok"}`))
	f := setup(t, Options{BlockURL: "http://127.0.0.1:1/", AmoBaseHost: "http://a"})
	f.form("/settings/blocks/1", url.Values{"name": {"CRM"}, "title": {"<i>CRM</i>"}, "url": {block.URL}, "secret_key": {"k"}, "enabled": {"on"},
		"param.0.name": {"amo_base_host"}, "param.0.value": {"http://b"}, "param.1.name": {""}, "param.1.value": {"lost"},
		"param.2.name": {"view"}, "param.2.value": {"html"}, "param.2.encode": {"on"}})
	ticket := f.ticketOf("email_only")
	f.get(fmt.Sprintf("/tickets/%d/blocks/1", ticket))
	body := decode(t, string(block.last(t).body))
	if dig(t, body, "amo_base_host") != "http://b" || dig(t, body, "view") != "html" || dig(t, body, "secret") != "k" {
		t.Errorf("sent %v", body)
	}
	page := f.get(fmt.Sprintf("/tickets/%d", ticket))
	if !strings.Contains(page, "&lt;i&gt;CRM&lt;/i&gt;") || strings.Contains(page, "<i>CRM</i>") {
		t.Error("the title is not shown as text")
	}

	f.form(fmt.Sprintf("/tickets/%d/language", ticket), url.Values{"language": {"pt"}})
	f.get(fmt.Sprintf("/tickets/%d/blocks/1", ticket))
	if got := dig(t, decode(t, string(block.last(t).body)), "language"); got != "pt" {
		t.Errorf("language is %v after the quick link", got)
	}
	f.form(fmt.Sprintf("/tickets/%d/language", ticket), url.Values{"language": {"xx"}})
	f.get(fmt.Sprintf("/tickets/%d/blocks/1", ticket))
	if got := dig(t, decode(t, string(block.last(t).body)), "language"); got != "pt" {
		t.Errorf("an unknown language was taken: %v", got)
	}
}
