package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestSandbox_basesThatEndInASlashWork(t *testing.T) {
	s := start(t, Options{})
	send := func(method, address, token, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(raw)
	}
	_, grant := send(http.MethodPost, s.AmoURL+"/_sandbox/grant", "", "{}")
	var pair struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(grant), &pair); err != nil || pair.AccessToken == "" {
		t.Fatalf("grant: %v %s", err, grant)
	}
	desk := `{"api_token":"` + scenario.DeskToken + `"}`
	for _, c := range []struct{ method, address, token, body, want string }{
		{"GET", s.AmoURL + "//api/v4/account", pair.AccessToken, "", `"href":"` + s.AmoURL + `/api/v4/account"`},
		{"GET", s.AmoURL + "/api/v4//leads///pipelines", pair.AccessToken, "", `"pipelines":[`},
		{"POST", s.DeskURL + "//users", "", desk, `"email":`},
		{"POST", s.DeskURL + "/uapi//ticket/fields", "", desk, `"custom_field":`},
		{"POST", s.DeskURL + "/uapi/ticket/fields/", "", desk, `"custom_field":`},
		{"POST", s.DeskURL + "/ticket/fields/", "", desk, `"custom_field":`},
	} {
		if status, body := send(c.method, c.address, c.token, c.body); status != http.StatusOK || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d, want 200 with %s\n%.300s", c.method, c.address, status, c.want, body)
		}
	}
	for _, address := range []string{s.DeskURL + "/no/such/method", s.DeskURL + "/uapi/no", s.DeskURL + "/ticket/field/9"} {
		if status, body := send("POST", address, "", desk); status != http.StatusNotFound || !json.Valid([]byte(body)) {
			t.Errorf("POST %s: %d, want 404 in JSON\n%.300s", address, status, body)
		}
	}
	if status, body := send("GET", s.DeskURL+"/no/such/page", "", ""); status != http.StatusNotFound || !strings.Contains(body, "<html") {
		t.Errorf("a person's missing page: %d %.100s", status, body)
	}
}
