package usedesk

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestAPI_everyWayToSendTheToken(t *testing.T) {
	f := setup(t, Options{})
	id := idString(f.ticketOf("known_one_deal"))
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range map[string]string{"api_token": scenario.DeskToken, "ticket_id": id} {
		if err := m.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"api_token": {scenario.DeskToken}, "ticket_id": {id}}.Encode()
	for name, tc := range map[string]struct{ path, kind, body string }{
		"json":         {"/ticket", "application/json", `{"api_token":"` + scenario.DeskToken + `","ticket_id":` + id + `}`},
		"jsonNoType":   {"/ticket", "", `{"api_token":"` + scenario.DeskToken + `","ticket_id":"` + id + `"}`},
		"form":         {"/ticket", "application/x-www-form-urlencoded", form},
		"formNoType":   {"/ticket", "", form},
		"multipart":    {"/ticket", m.FormDataContentType(), b.String()},
		"query":        {"/ticket?api_token=" + scenario.DeskToken, "application/json", `{"ticket_id":` + id + `}`},
		"uapi":         {"/uapi/ticket", "application/json", `{"api_token":"` + scenario.DeskToken + `","ticket_id":` + id + `}`},
		"queryNoBody":  {"/uapi/ticket?" + form, "", ""},
		"phpEmptyBody": {"/uapi/ticket?" + form, "application/json", "[]"},
		"get":          {"GET /ticket?" + form, "", ""},
		"getUAPI":      {"GET /uapi/ticket?" + form, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			method, path, found := strings.Cut(tc.path, " ")
			if !found {
				method, path = http.MethodPost, tc.path
			}
			_, body := f.do(method, path, tc.kind, tc.body)
			if got := dig(t, decode(t, body), "ticket", "id"); got != id {
				t.Errorf("id is %v (%T), want the string %s", got, got, id)
			}
		})
	}
}

func TestAPI_errorsComeWith200UnlessSwitched(t *testing.T) {
	for status, opts := range map[int]Options{200: {}, 403: {ErrorStatus: 403}} {
		f := setup(t, opts)
		for name, tc := range map[string]struct{ path, body, text string }{
			"token":   {"/ticket", `{"api_token":"wrong","ticket_id":1}`, "Invalid api_token"},
			"noToken": {"/clients", `{}`, "Invalid api_token"},
			"ticket":  {"/ticket", `{"api_token":"` + scenario.DeskToken + `","ticket_id":1}`, "Ticket not found"},
			"client":  {"/uapi/client", `{"api_token":"` + scenario.DeskToken + `","client_id":"x"}`, "Client not found"},
			"broken":  {"/client", `{"api_token":`, "read JSON body"},
			"list":    {"/client", `[1]`, "no object"},
		} {
			res, body := f.do(http.MethodPost, tc.path, "application/json", tc.body)
			v := decode(t, body)
			if text, ok := dig(t, v, "error").(string); res.StatusCode != status || !ok || !strings.Contains(text, tc.text) || dig(t, v, "code") == nil {
				t.Errorf("%s: %d %s, want %d with %q", name, res.StatusCode, body, status, tc.text)
			}
		}
	}
}

func TestAPI_ticketIsLooselyTyped(t *testing.T) {
	f := setup(t, Options{})
	v := f.api("ticket", map[string]any{"ticket_id": f.ticketOf("known_one_deal")})
	for _, key := range []string{"id", "status_id", "client_id", "company_id", "channel_id"} {
		if got, ok := dig(t, v, "ticket", key).(string); !ok || got == "" {
			t.Errorf("ticket.%s is %v, want a string", key, got)
		}
	}
	if n := len(dig(t, v, "comments").([]any)); n != 3 {
		t.Errorf("%d comments, want 3", n)
	}
	if dig(t, v, "comments", 0, "is_first") != "1" || dig(t, v, "comments", 0, "from") != "client" || dig(t, v, "comments", 1, "user_id") == nil {
		t.Errorf("comments are %v", dig(t, v, "comments"))
	}
	if at := dig(t, v, "ticket", "published_at").(string); len(at) != len("2006-01-02 15:04:05") {
		t.Errorf("published_at is %q", at)
	}
	fields := dig(t, v, "custom_fields").([]any)
	if len(fields) != 2 || dig(t, v, "custom_fields", 0, "value") != "HS-1977" {
		t.Errorf("custom fields are %v", fields)
	}
	v = f.api("ticket", map[string]any{"ticket_id": f.ticketOf("messenger_only")})
	if got := dig(t, v, "ticket", "email"); got != "0" {
		t.Errorf("a client without an address has e-mail %v, want the string 0", got)
	}
}

func TestAPI_clientIsAnArrayOfOneWithTheTrap(t *testing.T) {
	f := setup(t, Options{})
	id := f.desk.Info()["clients"].(map[string]int64)["known_one_deal"]
	v := f.api("client", map[string]any{"client_id": id})
	if got := dig(t, v, 0, "emails").([]any); len(got) != 1 || got[0] != nil {
		t.Errorf("the outer emails are %v, want [null]", got)
	}
	want := decode(t, `["irina.sokolova@example.com","+7 999 100-01-01","@sokolova_example"]`)
	got := []any{dig(t, v, 0, "client", "emails", 0, "email"), dig(t, v, 0, "client", "phones", 0, "phone"), dig(t, v, 0, "client", "messengers", 0, "identity")}
	if diff := cmp.Diff(want, any(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(dig(t, v, 0, "client", "tickets").([]any)); n != 2 {
		t.Errorf("%d tickets of a client who wrote twice", n)
	}
}

func TestAPI_clientsFindsByNameMailAndPhone(t *testing.T) {
	f := setup(t, Options{})
	for query, tc := range map[string]struct {
		kind string
		want int
	}{
		"marina": {"", 1}, "MARINA.VOLKOVA@example.com": {"full_match", 1}, "marina.volkova": {"full_match", 0},
		"+79991000202": {"", 1}, "nobody at all": {"partial_match", 0},
	} {
		if got := f.api("clients", map[string]any{"query": query, "search_type": tc.kind}).([]any); len(got) != tc.want {
			t.Errorf("%q (%s): %d clients, want %d", query, tc.kind, len(got), tc.want)
		}
	}
	all := f.api("clients", map[string]any{}).([]any)
	rest := f.api("clients", map[string]any{"offset": 5}).([]any)
	if len(rest) != len(all)-5 {
		t.Errorf("offset 5 leaves %d of %d", len(rest), len(all))
	}
	if got := f.api("clients", map[string]any{"offset": 5000}).([]any); len(got) != 0 {
		t.Errorf("%d clients beyond the end", len(got))
	}
	for _, row := range all {
		if dig(t, row, "name") == "Тимур" && (dig(t, row, "emails") != nil || dig(t, row, "phone") != nil) {
			t.Errorf("empty values are not null: %v", row)
		}
	}
}

func TestAPI_commentIsPrivateAndOpensTheTicket(t *testing.T) {
	f := setup(t, Options{})
	id := f.ticketOf("unknown_client")
	made := f.api("create/comment", map[string]any{"ticket_id": idString(id), "message": "<b>Deal</b> made"})
	if dig(t, made, "status") != "success" || dig(t, made, "comment_id") == nil {
		t.Errorf("answer is %v", made)
	}
	f.api("create/comment", map[string]any{"ticket_id": id, "message": "hello", "type": "public", "user_id": "546"})
	f.api("create/comment", map[string]any{"ticket_id": id, "message": "from me", "from": "client", "type": "public"})
	v := f.api("ticket", map[string]any{"ticket_id": id})
	var got []string
	for _, c := range dig(t, v, "comments").([]any)[1:] {
		got = append(got, fmt.Sprint(dig(t, c, "type"), dig(t, c, "from"), dig(t, c, "user_id")))
	}
	if want := []string{"privateuser545", "publicuser546", "publicclient<nil>"}; !slices.Equal(got, want) {
		t.Errorf("comments are %v, want %v", got, want)
	}
	if dig(t, v, "ticket", "status_id") != "1" || dig(t, v, "changes", 0, "old_status") != "8" {
		t.Errorf("status %v, changes %v", dig(t, v, "ticket", "status_id"), dig(t, v, "changes"))
	}
	for _, message := range []string{"", "  ", strings.Repeat("x", maxMessage+1)} {
		if got := f.api("create/comment", map[string]any{"ticket_id": id, "message": message}); dig(t, got, "error") == "" {
			t.Errorf("a message of %d bytes was taken", len(message))
		}
	}
	page := f.get("/tickets/" + idString(id))
	if !strings.Contains(page, "<b>Deal</b> made") || !strings.Contains(page, "private comment") {
		t.Error("the page does not show the private comment")
	}
}

func TestAPI_updateTicketSilentOrNot(t *testing.T) {
	f := setup(t, Options{})
	id := f.ticketOf("unknown_client")
	status := func() any {
		return dig(t, f.api("ticket", map[string]any{"ticket_id": id}), "ticket", "status_id")
	}
	for _, silent := range []any{1, "1", true, "true"} {
		f.api("update/ticket", map[string]any{"ticket_id": id, "tag": "crm, lead", "silent": silent})
		if status() != "8" {
			t.Fatalf("silent %v (%T) opened the ticket", silent, silent)
		}
	}
	f.api("update/ticket", map[string]any{"ticket_id": id, "tag": "lead, more", "field_id": "54;56", "field_value": "HS-9;Paris"})
	v := f.api("ticket", map[string]any{"ticket_id": id})
	var tags []any
	for _, tag := range dig(t, v, "tags").([]any) {
		tags = append(tags, dig(t, tag, "name"))
	}
	if status() != "1" || !slices.Equal(tags, []any{"crm", "lead", "more"}) {
		t.Errorf("status %v, tags %v", status(), tags)
	}
	if dig(t, v, "custom_fields", 0, "value") != "HS-9" || dig(t, v, "custom_fields", 1, "value") != "Paris" {
		t.Errorf("fields %v", dig(t, v, "custom_fields"))
	}
	f.api("update/ticket", map[string]any{"ticket_id": id, "status": 2, "subject": "S", "assignee_id": 547})
	v = f.api("ticket", map[string]any{"ticket_id": id})
	if status() != "2" || dig(t, v, "ticket", "subject") != "S" || dig(t, v, "ticket", "assignee_id") != "547" {
		t.Errorf("ticket is %v", dig(t, v, "ticket"))
	}
	for _, bad := range []map[string]any{{"status": 77}, {"client_id": 1}, {"field_id": "54;55", "field_value": "x"}, {"field_id": "1", "field_value": "x"}} {
		bad["ticket_id"] = id
		if got := f.api("update/ticket", bad); dig(t, got, "error") == "" {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestAPI_updateClientAdds(t *testing.T) {
	f := setup(t, Options{})
	id := f.desk.Info()["clients"].(map[string]int64)["email_only"]
	_, body := f.do(http.MethodPost, "/uapi/update/client", "application/x-www-form-urlencoded", url.Values{
		"api_token": {scenario.DeskToken}, "client_id": {idString(id)}, "emails[]": {"Grace.Miller@example.com", "grace2@example.com"},
		"phone": {"+7 999 000-00-09"}, "messengers[0][type]": {"telegram"}, "messengers[0][identity]": {"@grace"},
		"note": {"met"}, "position": {"CEO"}}.Encode())
	if diff := cmp.Diff(decode(t, fmt.Sprintf(`{"client_id":%d,"status":true}`, id)), decode(t, body)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.api("update/client", map[string]any{"client_id": id, "note": "again", "is_new_note": false})
	c := dig(t, f.api("client", map[string]any{"client_id": id}), 0, "client")
	if n := len(dig(t, c, "emails").([]any)); n != 2 {
		t.Errorf("%d e-mails, want the old and the new one", n)
	}
	if dig(t, c, "phones", 0, "phone") != "+7 999 000-00-09" || dig(t, c, "messengers", 0, "identity") != "@grace" ||
		dig(t, c, "note") != "met\nagain" || dig(t, c, "position") != "CEO" || dig(t, c, "name") != "Grace Miller" {
		t.Errorf("client is %v", c)
	}
}

func TestAPI_createTicketAndClientFireRules(t *testing.T) {
	side := newOutside(t, answering(200, "ok"))
	f := setup(t, Options{RuleURL: side.URL})
	made := f.api("create/client", map[string]any{"name": "Fresh", "emails": []string{"fresh@example.com"}})
	ticket := f.api("create/ticket", map[string]any{"client_id": dig(t, made, "client_id"), "subject": "s", "message": "m"})
	<-side.arrived
	if got := dig(t, decode(t, string(side.last(t).body)), "ticketId"); got != fmt.Sprint(dig(t, ticket, "ticket_id")) {
		t.Errorf("rule fired for %v, ticket is %v", got, ticket)
	}
	v := f.api("ticket", map[string]any{"ticket_id": dig(t, ticket, "ticket_id")})
	if dig(t, v, "ticket", "email") != "fresh@example.com" || dig(t, v, "ticket", "status_id") != "8" {
		t.Errorf("ticket is %v", dig(t, v, "ticket"))
	}
}

func TestAPI_listsAndUnknownMethod(t *testing.T) {
	f := setup(t, Options{})
	if n := len(f.api("tickets", map[string]any{}).([]any)); n != len(scenario.Build().Tickets) {
		t.Errorf("%d tickets", n)
	}
	if got := dig(t, f.api("ticket/fields", map[string]any{}), 0, "custom_field", "id"); got != "54" {
		t.Errorf("first field is %v", got)
	}
	if got := dig(t, f.api("users", map[string]any{}), 0, "email"); got != "alex.rowan@example.com" {
		t.Errorf("first agent is %v", got)
	}
	if got := dig(t, f.api("channels", map[string]any{}), 0, "channel_type"); got != "email" {
		t.Errorf("first channel is %v", got)
	}
	if groups, ok := f.api("groups", map[string]any{}).([]any); !ok || len(groups) != 0 {
		t.Errorf("groups are %v", groups)
	}
	if res, body := f.do(http.MethodGet, "/tickets?api_token="+scenario.DeskToken, "", ""); res.StatusCode != http.StatusOK || !strings.Contains(body, "<html") {
		t.Errorf("the page of tickets is gone: %d", res.StatusCode)
	}
	if res, _ := f.do(http.MethodPost, "/uapi/nonsense", "", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("unknown method: %d", res.StatusCode)
	}
}
