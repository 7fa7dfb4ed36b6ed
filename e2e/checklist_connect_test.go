package e2e

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// says fails the test for each text that a page lacks.
func says(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(page), text) {
			t.Errorf("%q is not in:\n%s", text, page)
		}
	}
}

// first is the first screen of a ticket's panel.
func (w *suite) first(ticket int64, changes map[string]any) string {
	w.T.Helper()
	_, page := w.Get(http.DefaultClient, w.Panel(w.Replicas[0], ticket, changes)+"/people?wait=1")
	return page
}

func TestChecklist27_blockIsAskedAtItsPublishedAddress(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	request := w.BlockRequest(w.Ticket("known_one_deal"), nil)
	flat := url.Values{}
	for _, key := range []string{"ticket_id", "subject", "client_id", "amo_base_host", "usedesk_api_token"} {
		flat.Set(key, fmt.Sprint(request[key]))
	}
	flat.Set("client_data[name]", "Ирина Соколова")
	res, err := http.PostForm(w.Replicas[0]+"/api/", flat)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]string
	if err := json.Unmarshal(body, &answer); err != nil || len(answer) != 1 || !strings.Contains(answer["html"], "<iframe") {
		t.Errorf("posted as a form: %d %v %s", res.StatusCode, err, body)
	}
	says(t, w.Open(w.Replicas[0], request), "<iframe")
}

func TestChecklist28_accountAddressInEveryShape(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	ticket := w.Ticket("known_one_deal")
	bare := strings.TrimSuffix(strings.TrimPrefix(w.Info.Accounts[0].BaseURL, "http://"), "/")
	for _, address := range []string{bare, bare + "/", "http://" + bare, "http://" + bare + "/", " HTTP://" + bare + "/ ", "https://agent@" + bare + "/leads/detail/5?from=list#notes"} {
		says(t, w.first(ticket, map[string]any{"amo_base_host": address}), "Ирина Соколова")
	}
	for _, address := range []string{"https://example.com/", "https://amocrm.ru.example.com/", "hogwarts", "javascript:alert(1)", "https://hogwarts.amocrm.com@example.com/leads/"} {
		says(t, w.Open(w.Replicas[0], w.BlockRequest(ticket, map[string]any{"amo_base_host": address})), "amo_base_host is not an amoCRM address")
	}
	for _, address := range []string{"hogwarts.amocrm.com", "https://hogwarts.amocrm.com", "hogwarts.amocrm.com/", "«https://Hogwarts.amocrm.com./leads/»"} {
		says(t, w.Open(w.Replicas[0], w.BlockRequest(ticket, map[string]any{"amo_base_host": address})), "<iframe")
	}
}

func TestChecklist29_tokenDecidesWhoseDataAreShown(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	ticket := w.Ticket("known_one_deal")
	says(t, w.first(ticket, nil), "Ирина Соколова")
	if page := w.first(ticket, map[string]any{"usedesk_api_token": "somebody else's"}); strings.Contains(page, "Соколова") || !strings.Contains(page, `data-view="login"`) {
		t.Errorf("another token sees data, or is not asked to log in:\n%s", page)
	}
	says(t, w.Open(w.Replicas[0], w.BlockRequest(ticket, map[string]any{"usedesk_api_token": nil})), "The block has no key", "usedesk_api_token")
}

var pageLang = regexp.MustCompile(`<html lang="([a-z]+)"`)

func TestChecklist30_languageUnderEveryName(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	ticket := w.Ticket("known_one_deal")
	tests := []struct {
		changes map[string]any
		want    string
	}{
		{map[string]any{"language": nil}, "en"}, {map[string]any{"language": ""}, "en"}, {map[string]any{"language": "ru"}, "ru"},
		{map[string]any{"language": nil, "lang": "es"}, "es"}, {map[string]any{"language": nil, "locale": "pt-BR"}, "pt"},
		{map[string]any{"language": nil, "idioma": "PT"}, "pt"}, {map[string]any{"language": "uk"}, "uk"}, {map[string]any{"language": "uz"}, "uz"},
		{map[string]any{"language": "de"}, "en"},
	}
	for _, tt := range tests {
		_, page := w.Get(http.DefaultClient, w.Panel(w.Replicas[0], ticket, tt.changes))
		m := pageLang.FindStringSubmatch(page)
		if m == nil || m[1] != tt.want {
			t.Errorf("%v: the panel speaks %v, want %s", tt.changes, m, tt.want)
		}
	}
	says(t, w.Open(w.Replicas[0], w.BlockRequest(ticket, map[string]any{"language": "de"})), "“de” is not one of the block's languages", "en, es, pt, ru, uk, uz")
}

func TestChecklist31_firstScreenInEveryLanguage(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	for lang, words := range map[string][]string{
		"en": {"Found by", "Create deal"}, "es": {"Crear"}, "pt": {"Criar"}, "ru": {"Найден по", "Создать сделку"},
		"uk": {"Знайдено за", "Створити угоду"}, "uz": {"Nima boʻyicha topildi", "Bitim yaratish"},
	} {
		page := w.first(w.Ticket("known_one_deal"), map[string]any{"language": lang})
		says(t, page, words...)
		if lang != "en" && strings.Contains(page, "Create deal") {
			t.Errorf("%s shows English", lang)
		}
	}
}

func TestChecklist32_loginIsOfferedInEveryTicket(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	for _, scenario := range []string{"known_one_deal", "unknown_client", "messenger_only", "sixty_deals"} {
		_, page := w.Get(http.DefaultClient, w.Panel(w.Replicas[0], w.Ticket(scenario), nil))
		says(t, page, "Log in to amoCRM", "/login")
	}
}

func TestChecklist33_loginLeadsToTheConsentPageWithTheAccounts(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, page := w.Get(&http.Client{Jar: jar}, w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)+"/login")
	says(t, page, "<select", `value="allow"`)
}

func TestChecklist35_successIsSaid(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	panel := w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil)
	says(t, w.Login(panel), "You have authorised successfully")
	says(t, w.first(w.Ticket("known_one_deal"), nil), "Ирина Соколова")
}

func TestChecklist36_missingAccountIsNamed(t *testing.T) {
	t.Parallel()
	w := world(t, 1)
	for lang, words := range map[string]string{"en": "The block does not say which amoCRM account to use", "ru": "В блоке не указан аккаунт amoCRM", "uk": "У блоці не вказано акаунт amoCRM"} {
		says(t, w.Open(w.Replicas[0], w.BlockRequest(w.Ticket("known_one_deal"), map[string]any{"amo_base_host": nil, "language": lang})), words, "amo_base_host")
	}
}
