package transport

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func accounts(t *testing.T, extra ...string) *AllowList {
	t.Helper()
	l, err := NewAllowList(HostRules{Accounts: []string{"crm.example"}, Reserved: regexp.MustCompile(`^www$`), Extra: extra})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBase_accountHosts(t *testing.T) {
	l := accounts(t, "127.0.0.1:8081", "http://box:9000", "crm.internal.example", "[::1]:8082")
	for given, want := range map[string]string{
		"x.crm.example":                           "https://x.crm.example",
		" https://X.CRM.example/ ":                "https://x.crm.example",
		"http://x.crm.example":                    "https://x.crm.example",
		"127.0.0.1:8081":                          "http://127.0.0.1:8081",
		"https://127.0.0.1:8081/":                 "http://127.0.0.1:8081",
		"http://box:9000":                         "http://box:9000",
		"crm.internal.example":                    "https://crm.internal.example",
		"[::1]:8082":                              "http://[::1]:8082",
		"":                                        "",
		"crm.example":                             "",
		"www.crm.example":                         "",
		"a.b.crm.example":                         "",
		"x.crm.example.":                          "",
		"x.crm.example:8443":                      "",
		"x.crm.example:":                          "",
		"x.crm.example/leads":                     "",
		"evil.example/?x=.crm.example":            "",
		"https://x.crm.example@evil.example":      "",
		"https://user@x.crm.example":              "",
		"https://x.crm.example?a=b":               "",
		"https://x.crm.example#":                  "",
		"x.crm.example.evil.example":              "",
		"xcrm.example":                            "",
		"127.0.0.1:8080":                          "",
		"169.254.169.254":                         "",
		"localhost:6379":                          "",
		"ftp://x.crm.example":                     "",
		"://":                                     "",
		"-x.crm.example":                          "",
		"х.crm.example":                           "", // Cyrillic
		strings.Repeat("a", 300) + ".crm.example": "",
	} {
		got, err := l.Base(given)
		if got != want {
			t.Errorf("Base(%q) = %q, %v; want %q", given, got, err, want)
		}
		if _, ok := errors.AsType[*HostError](err); ok != (want == "") {
			t.Errorf("Base(%q): error %v, want *HostError: %v", given, err, want == "")
		}
	}
}

func TestBase_keepsThePathWhereAllowed(t *testing.T) {
	l, err := NewAllowList(HostRules{Exact: map[string]string{"api.desk.example": "/", "desk.example": "/uapi/"}, Extra: []string{"127.0.0.1:1"}, Paths: true})
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"https://desk.example/uapi":  "https://desk.example/uapi/",
		"https://desk.example/uapi/": "https://desk.example/uapi/",
		"desk.example":               "https://desk.example/uapi/",
		"api.desk.example":           "https://api.desk.example/",
		"https://api.desk.example/":  "https://api.desk.example/",
		"127.0.0.1:1/desk/uapi":      "http://127.0.0.1:1/desk/uapi/",
		"https://desk.example/../x":  "",
		"https://desk.example//x":    "",
		"https://desk.example/%2e/x": "",
		"x.desk.example":             "",
	} {
		if got, err := l.Base(given); got != want {
			t.Errorf("Base(%q) = %q, %v; want %q", given, got, err, want)
		}
	}
}

func TestNew_refusesExtraHostsThatAreNoHosts(t *testing.T) {
	for _, extra := range []string{"http://127.0.0.1:1/path", "ftp://x", "http://u@x", "x?y", "http://"} {
		if _, err := NewAllowList(HostRules{Extra: []string{extra}}); err == nil {
			t.Errorf("New accepted %q", extra)
		}
	}
	if _, err := NewAllowList(HostRules{Extra: []string{"", " "}}); err != nil {
		t.Errorf("New refused blank entries: %v", err)
	}
}

func TestHostError_namesTheSupportedHostsOnly(t *testing.T) {
	_, err := accounts(t, "secret.internal.example").Base("evil.example")
	if err == nil || !strings.Contains(err.Error(), "*.crm.example") || strings.Contains(err.Error(), "internal") {
		t.Errorf("error %v", err)
	}
}

func TestHostError_doesNotRepeatWhatWasGiven(t *testing.T) {
	l := accounts(t)
	for _, given := range []string{"secret", "https://secret", "https://user:secret@x.crm.example", "http://[secret", "x.crm.example/secret",
		"x.crm.example?key=secret", "ftp://secret", "secret.x.crm.example", strings.Repeat("secret", 99)} {
		_, err := l.Base(given)
		refused, ok := errors.AsType[*HostError](err)
		if !ok || refused.Given != given || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), refused.Why) {
			t.Errorf("%.40s: %v", given, err)
		}
	}
}

func TestHTTPClient_reachesAllowedHostsOnly(t *testing.T) {
	hits := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer other.Close()
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL+"/taken", http.StatusFound)
		case "/near":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		}
	}))
	defer home.Close()
	c := accounts(t, home.URL).HTTPClient(0)
	defer c.CloseIdleConnections()

	for path, ok := range map[string]bool{
		home.URL + "/near": true, home.URL + "/away": false, home.URL + "/loop": false, other.URL + "/": false,
	} {
		res, err := c.Get(path)
		if (err == nil) != ok {
			t.Errorf("GET %s: %v, want success: %v", path, err, ok)
		}
		if err == nil {
			res.Body.Close()
		}
	}
	res, err := c.Post(other.URL, "text/plain", strings.NewReader("secret"))
	if err == nil {
		res.Body.Close()
		t.Error("POST to a host that is not allowed went out")
	}
	if host, ok := errors.AsType[*HostError](err); !ok || !host.NeverSent() {
		t.Errorf("error %v, want *HostError that was never sent", err)
	}
	if hits != 0 {
		t.Errorf("the other host was reached %d times", hits)
	}
}

func TestAllows_schemeAndUser(t *testing.T) {
	l := accounts(t)
	for raw, want := range map[string]bool{
		"https://x.crm.example/api": true, "http://x.crm.example/": false, "https://u@x.crm.example/": false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Allows(u); got != want {
			t.Errorf("Allows(%s) = %v", raw, got)
		}
	}
}

// Everybody can have an account of the vendor's, so a host that is allowed may still be an attacker's.
func TestHTTPClient_redirectToAnotherAllowedHostIsNotFollowed(t *testing.T) {
	hits := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer other.Close()
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil {
			t.Error(err)
		}
		http.Redirect(w, r, other.URL+"/taken", status)
	}))
	defer home.Close()
	c := accounts(t, home.URL, other.URL).HTTPClient(0)
	defer c.CloseIdleConnections()
	for _, status := range []string{"301", "302", "303", "307", "308"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r, err := http.NewRequestWithContext(t.Context(), method, home.URL+"/"+status, strings.NewReader("client_secret"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer token")
			res, err := c.Do(r)
			if err == nil {
				res.Body.Close()
			}
			if _, ok := errors.AsType[*HostError](err); !ok {
				t.Errorf("%s %s: %v, want *HostError", method, status, err)
			}
		}
	}
	if hits != 0 {
		t.Errorf("the other account was reached %d times", hits)
	}
}

func TestTyped_takesTheHostOutOfWhatIsPasted(t *testing.T) {
	l := accounts(t, "127.0.0.1:8081", "[::1]:8082")
	for _, given := range []string{
		"x.crm.example", "https://x.crm.example/leads/detail/5?from=list#notes", "http://x.crm.example", "X.CRM.Example.", "https://x.crm.example../",
		"  \"https://x.crm.example/\" ", "«x.crm.example»", "<https://x.crm.example>", "x.crm.example,", "x.crm.example/;",
		"https://user:pass@x.crm.example/", "user@x.crm.example", "x.crm.example:443", "https://x.crm.example:443/a", "http://x.crm.example:80", "x.crm.example:",
		"https//x.crm.example", "https:/x.crm.example", "https:x.crm.example", "//x.crm.example", "https://https://x.crm.example", `https:\\x.crm.example\a`,
		"x.crm.example?a=b", "x.crm.example#", "\ufeffx.crm.example\u200b", "\u00a0x.crm\u00ad.example\n", "https://x.crm.example/" + strings.Repeat("a", 2000),
	} {
		if got, err := l.Typed(given); got != "https://x.crm.example" {
			t.Errorf("Typed(%q) = %q, %v", given, got, err)
		}
	}
	for given, want := range map[string]string{
		"https://127.0.0.1:8081/a?b": "http://127.0.0.1:8081", "[::1]:8082/": "http://[::1]:8082",
	} {
		if got, err := l.Typed(given); got != want {
			t.Errorf("Typed(%q) = %q, %v", given, got, err)
		}
	}
}

func TestTyped_helpdeskKeepsThePathThatMatters(t *testing.T) {
	l, err := NewAllowList(HostRules{Exact: map[string]string{"api.desk.example": "/", "desk.example": "/uapi/"}, Extra: []string{"own.example", "127.0.0.1:1"}, Paths: true})
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"https://desk.example/tickets/5?x=y":    "https://desk.example/uapi/",
		"desk.example/uapi/create/comment":      "https://desk.example/uapi/",
		"https://API.desk.example/ticket":       "https://api.desk.example/",
		"https://own.example//desk//uapi/?a=b ": "https://own.example/desk/uapi/",
		"'own.example'":                         "https://own.example/",
		"127.0.0.1:1/uapi":                      "http://127.0.0.1:1/uapi/",
		"own.example/a/../b":                    "",
		"own.example/%2e%2e/":                   "",
	} {
		if got, err := l.Typed(given); got != want || (err == nil) != (want != "") {
			t.Errorf("Typed(%q) = %q, %v; want %q", given, got, err, want)
		}
	}
}

// Whatever stands around it, the host that is left is on the list or the address is refused.
func TestTyped_refusesOtherHosts(t *testing.T) {
	l := accounts(t, "127.0.0.1:8081")
	for _, given := range []string{
		"", " ", "x", "evil.example", "https://x.crm.example@evil.example", "evil.example/x.crm.example", "evil.example?x.crm.example", "evil.example#x.crm.example",
		`evil.example\x.crm.example`, `evil.example\@x.crm.example`, "x.crm.example.evil.example", "x.crm.example evil.example", "evil.example x.crm.example",
		"x.crm.example\r\nHost: evil.example", "x.crm.example:8443", "x.crm.example:443:443", "127.0.0.1", "127.0.0.1:80", "169.254.169.254/x.crm.example", "[::1]", "2130706433",
		"х.crm.example", "x.crm.example%00", "x%2ecrm.example", "a.x.crm.example", "www.crm.example/x", "crm.example", "ftp://x.crm.example", "file:///etc/passwd",
		"javascript:alert(1)//x.crm.example", "https://https.evil.example://x.crm.example", "x..crm.example", ".crm.example", strings.Repeat("x", 3000) + ".crm.example",
	} {
		got, err := l.Typed(given)
		if _, ok := errors.AsType[*HostError](err); !ok || got != "" {
			t.Errorf("Typed(%q) = %q, %v", given, got, err)
		}
	}
}
