package session

import (
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

const full = `{"ticket_id": 101, "subject": "Where is my order", "client_id": 55, "channel_type": "email", "channel_id": 7,
 "contact": "a@example.com", "from_email": "a@example.com",
 "client_data": {"name": "A", "company": "C", "emails": ["a@example.com", "a@example.com"],
  "phones": [{"type": "mobile", "phone": "+7 999 000-00-00"}], "social_services": [], "addresses": [],
  "messengers": [{"type": "telegram", "id": "@a"}], "sites": ["https://example.com"]},
 "channel_data": {"type": "email", "data": "support@example.com", "id": 7}, "is_auto_load": "0", "secret": "s",
 "amo_base_host": " https://x.amocrm.ru/ ", "usedesk_api_token": "tok", "Language": "pt-BR", "unknown": {"x": 1}}`

func wantFull() Request {
	return Request{
		Ticket: helpdesk.Ticket{ID: 101, Subject: "Where is my order", Channel: "email", Client: helpdesk.Client{
			ID: 55, Name: "A", Company: "C", Phones: []string{"+7 999 000-00-00"}, Emails: []string{"a@example.com"},
			Messengers: []helpdesk.Messenger{{Type: "telegram", ID: "@a"}}, Sites: []string{"https://example.com"},
		}},
		AmoBaseHost: "https://x.amocrm.ru/", DeskToken: "tok", Secret: "s", Lang: i18n.PT, Pressed: true,
	}
}

func TestBind_fullJSON(t *testing.T) {
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8", "text/plain", ""} {
		got, err := Bind(contentType, strings.NewReader(full))
		if err != nil {
			t.Fatalf("%q: %v", contentType, err)
		}
		if diff := cmp.Diff(wantFull(), got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", contentType, diff)
		}
	}
}

func TestBind_boundsEveryTextThatIsKept(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	got, err := Bind("application/json", strings.NewReader(`{"ticket_id":1,"channel_type":"`+long+`","subject":"`+long+`","contact":"a@`+long+`",
		"client_data":{"name":"`+long+`","company":"`+long+`","position":"`+long+`","phones":["`+long+`"],"sites":["`+long+`"],
		"messengers":[{"type":"`+long+`","id":"`+long+`"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := json.Marshal(got); err != nil || len(kept) > 4000 {
		t.Errorf("%v: %d bytes would be kept: %.300s", err, len(kept), kept)
	}
	for _, key := range []string{"usedesk_api_token", "secret", "secret_key"} {
		var wrong *TypeError
		if _, err := Bind("application/json", strings.NewReader(`{"`+key+`":"`+long+`"}`)); !errors.As(err, &wrong) || *wrong != (TypeError{key, "short"}) {
			t.Errorf("a long %s: %v", key, err)
		}
		if _, err := Bind("application/json", strings.NewReader(`{"`+key+`":"`+long[:maxCredential]+`"}`)); err != nil {
			t.Errorf("%s of %d bytes: %v", key, maxCredential, err)
		}
	}
}

func TestBind_formWithBrackets(t *testing.T) {
	form := url.Values{
		"ticket_id": {"101"}, "subject": {"Where is my order"}, "client_id": {"55"}, "channel_type": {"email"},
		"client_data[name]": {"A"}, "client_data[company]": {"C"}, "client_data[emails][]": {"a@example.com"},
		"client_data[phones][0][type]": {"mobile"}, "client_data[phones][0][phone]": {"+7 999 000-00-00"},
		"client_data[messengers][0][type]": {"telegram"}, "client_data[messengers][0][id]": {"@a"},
		"client_data[sites][0]": {"https://example.com"}, "is_auto_load": {"0"}, "secret_key": {"s"},
		"amo_base_host": {"https://x.amocrm.ru/"}, "usedesk_api_token": {"tok"}, "idioma": {"PT"},
	}
	got, err := Bind("application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantFull(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBind_bodiesAsTheyReallyCome(t *testing.T) {
	cyrillic, err := charmap.Windows1251.NewEncoder().String(`{"ticket_id":1,"subject":"Где мой заказ",}`)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ contentType, body string }{
		"in windows-1251":             {"application/json; charset=windows-1251", cyrillic},
		"doubled content type":        {"application/json, application/json", `{"ticket_id":1,"subject":"Где мой заказ"}`},
		"as the only field of a form": {"application/x-www-form-urlencoded", url.Values{"payload": {`{"ticket_id":1,"subject":"Где мой заказ"}`}}.Encode()},
		"as a part":                   {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"data\"\r\nContent-Type: application/json\r\n\r\n{\"ticket_id\":1,\"subject\":\"Где мой заказ\"}\r\n--x--\r\n"},
		"with a raw line end":         {"application/json", "{\"ticket_id\":1,\"subject\":\"Где мой заказ\n\x00\"}"},
	} {
		got, err := Bind(c.contentType, strings.NewReader(c.body))
		if err != nil || got.Ticket.ID != 1 || got.Ticket.Subject != "Где мой заказ" {
			t.Errorf("%s: %+v, %v", name, got.Ticket, err)
		}
	}
}

func TestBind_looseTypes(t *testing.T) {
	tests := []struct {
		name, body string
		want       helpdesk.Ticket
	}{
		{"ids as strings", `{"ticket_id":"12","client_id":"3"}`, helpdesk.Ticket{ID: 12, Client: helpdesk.Client{ID: 3}}},
		{"nulls", `{"ticket_id":null,"client_id":null,"subject":null,"client_data":null}`, helpdesk.Ticket{}},
		{"empty array for an object", `{"ticket_id":12,"client_data":[]}`, helpdesk.Ticket{ID: 12}},
		{"empty texts", `{"ticket_id":"","client_id":"0","client_data":{}}`, helpdesk.Ticket{}},
		{"number for a text", `{"subject":7}`, helpdesk.Ticket{Subject: "7"}},
		{"ids as fractions and with an exponent", `{"ticket_id":"12.0","client_id":1.2e1}`, helpdesk.Ticket{ID: 12, Client: helpdesk.Client{ID: 12}}},
		{"a map in the order of its numbers", `{"client_data":{"emails":{"10":"c@example.com","2":"b@example.com"}}}`,
			helpdesk.Ticket{Client: helpdesk.Client{Emails: []string{"b@example.com", "c@example.com"}}}},
		{"objects where texts are usual", `{"client_data":{"emails":[{"email":"b@example.com"}],"phones":["+15550100000"]}}`,
			helpdesk.Ticket{Client: helpdesk.Client{Emails: []string{"b@example.com"}, Phones: []string{"+15550100000"}}}},
		{"one text for a list", `{"client_data":{"emails":"b@example.com"}}`, helpdesk.Ticket{Client: helpdesk.Client{Emails: []string{"b@example.com"}}}},
		{"a map for a list", `{"client_data":{"emails":{"1":"b@example.com","3":"c@example.com"}}}`,
			helpdesk.Ticket{Client: helpdesk.Client{Emails: []string{"b@example.com", "c@example.com"}}}},
		{"only the address he wrote from", `{"from_email":null,"contact":"b@example.com"}`,
			helpdesk.Ticket{Client: helpdesk.Client{Emails: []string{"b@example.com"}}}},
		{"only the phone he wrote from", `{"contact":"+7 (999) 000-00-00"}`, helpdesk.Ticket{Client: helpdesk.Client{Phones: []string{"+7 (999) 000-00-00"}}}},
		{"the number he called from", `{"channel_type":"telephony","contact":"79990000000"}`,
			helpdesk.Ticket{Channel: "telephony", Client: helpdesk.Client{Phones: []string{"79990000000"}}}},
		{"messengers whose accounts are numbers", `{"client_data":{"phones":["8 999 000-00-01"],"messengers":[{"type":"whatsapp","id":"79990000000"},
			{"type":"viber","id":"+79990000001"},{"type":"telegram","id":"79990000002"},{"type":"WhatsApp","id":"5215512345678@c.us"}]}}`,
			helpdesk.Ticket{Client: helpdesk.Client{Phones: []string{"8 999 000-00-01", "+79990000000", "+525512345678"}, Messengers: []helpdesk.Messenger{
				{Type: "whatsapp", ID: "79990000000"}, {Type: "viber", ID: "+79990000001"}, {Type: "telegram", ID: "79990000002"},
				{Type: "WhatsApp", ID: "5215512345678@c.us"}}}}},
		{"a messenger id is no phone", `{"contact":"123456789012"}`, helpdesk.Ticket{}},
		{"data as JSON text", `{"client_data":"{\"name\":\"A\"}"}`, helpdesk.Ticket{Client: helpdesk.Client{Name: "A"}}},
		{"byte order mark", "\xef\xbb\xbf" + `{"ticket_id":1}`, helpdesk.Ticket{ID: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Bind("application/json", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Ticket); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBind_wrongTypes(t *testing.T) {
	tests := []struct {
		body string
		want TypeError
	}{
		{`{"ticket_id":{"a":1},"lang":"ru"}`, TypeError{"ticket_id", "text"}},
		{`{"ticket_id":"abc","lang":"ru"}`, TypeError{"ticket_id", "number"}},
		{`{"client_id":-4,"lang":"ru"}`, TypeError{"client_id", "number"}},
		{`{"client_data":"{\"a\":[` + strings.Repeat("1,", body.MaxValues) + `1]}","lang":"ru"}`, TypeError{"client_data", "object"}},
		{`{"client_data":"text","lang":"ru"}`, TypeError{"client_data", "object"}},
		{`{"client_data":5,"lang":"ru"}`, TypeError{"client_data", "object"}},
		{`{"client_data":{"emails":true},"lang":"ru"}`, TypeError{"emails", "list"}},
		{`{"amo_base_host":["x"],"lang":"ru"}`, TypeError{"amo_base_host", "text"}},
	}
	for _, tt := range tests {
		got, err := Bind("application/json", strings.NewReader(tt.body))
		var wrong *TypeError
		if !errors.As(err, &wrong) || *wrong != tt.want {
			t.Errorf("%s: got %v, want %v", tt.body, err, tt.want)
		}
		if got.Lang != i18n.RU {
			t.Errorf("%s: the refusal is in %q, want ru", tt.body, got.Lang)
		}
	}
}

func TestBind_refusals(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		want                    error
	}{
		{"broken JSON", "application/json", `{"ticket_id":`, ErrUnreadable},
		{"no object", "application/json", `[1]`, ErrUnreadable},
		{"null", "application/json", `null`, ErrUnreadable},
		{"nothing", "application/json", ``, ErrUnreadable},
		{"two values", "application/json", `{} {}`, ErrUnreadable},
		{"too big", "application/json", `{"a":"` + strings.Repeat("x", MaxBody) + `"}`, ErrTooBig},
		{"many values", "application/json", `{"a":[` + strings.Repeat("1,", body.MaxValues) + `1]}`, ErrUnreadable},
		{"no room", "application/json", "", body.ErrFull},
		{"a page", "text/html", `<html>`, ErrUnreadable},
		{"an unknown encoding", "application/json", "{\"subject\":\"\xff\"}", ErrUnreadable},
		{"form too deep", "application/x-www-form-urlencoded", `a` + strings.Repeat("[b]", 20) + `=1`, ErrUnreadable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var from io.Reader = strings.NewReader(tt.body)
			if errors.Is(tt.want, body.ErrFull) {
				from = iotest.ErrReader(tt.want)
			}
			if _, err := Bind(tt.contentType, from); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestBind_boundsListsAndTexts(t *testing.T) {
	body := `{"subject":"` + strings.Repeat("я", 300) + `","client_data":{"emails":["` +
		strings.Join(func() (out []string) {
			for i := range 100 {
				out = append(out, strings.Repeat("a", i+1)+"@example.com")
			}
			return out
		}(), `","`) + `"]}}`
	got, err := Bind("application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if n := len([]rune(got.Ticket.Subject)); n != 250 {
		t.Errorf("subject has %d characters, want 250", n)
	}
	if n := len(got.Ticket.Client.Emails); n != maxKeys {
		t.Errorf("%d e-mails kept, want %d", n, maxKeys)
	}
}

func TestBind_unknownLanguageIsKept(t *testing.T) {
	got, err := Bind("application/json", strings.NewReader(`{"locale":"de-DE"}`))
	if err != nil || got.Lang != i18n.EN || got.UnknownLang != "de-DE" {
		t.Errorf("got %v %q %v", got.Lang, got.UnknownLang, err)
	}
}

func FuzzBind(f *testing.F) {
	f.Add("application/json", full)
	f.Add("text/plain", "{“ticket_id”: 1, // one\nand two\n\"client_data\":\"{}\",}")
	f.Add("application/x-www-form-urlencoded", "client_data[phones][0][phone]=1&a[=2&]=3&[x]=4&a[b][]=5&a[b]=6")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		got, err := Bind(contentType, strings.NewReader(body))
		if err == nil && (got.Ticket.ID < 0 || got.Lang == "") {
			t.Errorf("accepted %q as %+v", body, got)
		}
	})
}
