package amocrm

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestForeign_programsAreToldOfMissingRoutesAsPrograms(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	for _, c := range []struct {
		method, path, token string
		want                int
	}{
		{"GET", "/api/v2/account", access, 404}, {"POST", "/api/v2/leads", access, 404}, {"GET", "/api", access, 404},
		{"GET", "/api/v2/account", "x", 401}, {"GET", "/api/v3/leads", "x", 401},
		{"POST", "/private/api/auth.php", "", 404}, {"GET", "/ajax/contacts/list/", "", 404}, {"GET", "/v3/x", "", 404},
		{"GET", "/oauth2/access_token", "", 404}, {"POST", "/oauth2/exchange_api_key", "", 404},
	} {
		r := b.api(c.method, c.path, c.token, nil)
		wantStatus(t, r, c.want)
		if kind := r.header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s %s: %s", c.method, c.path, kind)
		}
	}
	if r := b.do("GET", firstHost, "/no/such/page", nil); !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		t.Errorf("a person's missing page: %s", r.header.Get("Content-Type"))
	}
	requests := b.control("GET", "stats", nil)["requests"].(map[string]any)
	if _, counted := requests["GET /api/ (unknown)"]; !counted {
		t.Errorf("unknown routes are not counted: %v", requests)
	}
}

func TestOAuth_takesAnyFormOfTheRequest(t *testing.T) {
	b := start(t, nil)
	whole := func() url.Values {
		return url.Values{
			"client_id": {scenario.IntegrationID}, "client_secret": {scenario.IntegrationSecret}, "redirect_uri": {testRedirect},
			"grant_type": {"authorization_code"}, "code": {b.code()},
		}
	}
	bare := func() url.Values {
		v := whole()
		v.Del("client_id")
		v.Del("client_secret")
		return v
	}
	parts := func(v url.Values) string {
		var s strings.Builder
		for key := range v {
			s.WriteString("--cut\r\nContent-Disposition: form-data; name=\"" + key + "\"\r\n\r\n" + v.Get(key) + "\r\n")
		}
		return s.String() + "--cut--\r\n"
	}
	basic := func(secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(scenario.IntegrationID+":"+secret))
	}
	const multi = "multipart/form-data; boundary=cut"
	for name, c := range map[string]struct {
		path   string
		body   any
		header []string
		want   int
	}{
		"form":                        {"/oauth2/access_token", whole(), nil, 200},
		"slash at the end":            {"/oauth2/access_token/", whole(), nil, 200},
		"multipart":                   {"/oauth2/access_token", parts(whole()), []string{"Content-Type", multi}, 200},
		"client in the header":        {"/oauth2/access_token", bare(), []string{"Authorization", basic(scenario.IntegrationSecret)}, 200},
		"wrong secret in the header":  {"/oauth2/access_token", bare(), []string{"Authorization", basic("x")}, 400},
		"no client":                   {"/oauth2/access_token", bare(), nil, 400},
		"broken multipart":            {"/oauth2/access_token", "--cut\r\nno", []string{"Content-Type", multi}, 400},
		"multipart without its bound": {"/oauth2/access_token", parts(whole()), []string{"Content-Type", "multipart/form-data"}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			wantStatus(t, b.do("POST", firstHost, c.path, c.body, c.header...), c.want)
		})
	}
}
