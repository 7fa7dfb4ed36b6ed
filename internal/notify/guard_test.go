package notify

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/connector/transport"
)

// The name is looked at when it is dialled, whatever it resolved to before, and nothing reaches the server.
func TestWebhook_neverDialsIntoAPrivateNetwork(t *testing.T) {
	h := newHouse(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := h.sender(func(c *Config) { c.Private = false })
	for _, address := range []string{"https://127.0.0.1:" + port, "https://[::1]:" + port, "https://[::ffff:127.0.0.1]:" + port, "https://0.0.0.0:" + port,
		"https://169.254.169.254/latest/meta-data/", "http://example.com/"} {
		if got := test(t, s, Settings{WebhookURL: address})[0]; got.Problem != ProblemPrivate {
			t.Errorf("%s: %+v", address, got)
		}
		h.redis.FlushAll() // the count of tests
	}
	// A name that resolves to this machine passes the form's check and stops at the dial.
	_, err = s.hook.Post("https://localhost:"+port, "application/json", strings.NewReader("{}"))
	if !errors.Is(err, transport.ErrPrivate) {
		t.Errorf("localhost: %v", err)
	}
}

func TestValid(t *testing.T) {
	for name, tt := range map[string]struct {
		valid   func(string) bool
		yes, no []string
	}{
		"email": {ValidEmail, []string{"a@example.com", "first.last+tag@sub.example.co"}, []string{"", "a", "a@b", "a@example.com, b@example.com",
			"A <a@example.com>", "a@example.com\r\nBcc: b@example.com", "a@exa mple.com", `"a b"@example.com`, "ы@example.com", strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("b.", 130) + "com"}},
		"chat":  {ValidChat, []string{"123", "-1001234567890", "@channel_1"}, []string{"", "-", "@a", "name", "1 2", "@channel\n", strings.Repeat("1", 30)}},
		"token": {ValidToken, []string{botToken}, []string{"", "123", "123456:short", botToken + "/../x", botToken + "\n"}},
		"url": {func(s string) bool { return ValidURL(s, false) }, []string{"https://hooks.example.com/a/b?c=d", "https://8.8.8.8/x", "https://example.com:8443/"},
			[]string{"", "http://example.com/", "https://", "example.com", "https://user:pass@example.com/", "https://localhost/", "https://10.0.0.1/", "https://[::1]/",
				"https://example.com/#x", "ftp://example.com/", "https://example.com:/", "https://example.com/" + strings.Repeat("a", MaxURL), "https://exa mple.com/"}},
		"private url": {func(s string) bool { return ValidURL(s, true) }, []string{"http://127.0.0.1:9/x", "https://localhost/"}, []string{"file:///etc/passwd", "http://u:p@h/"}},
	} {
		for _, s := range tt.yes {
			if !tt.valid(s) {
				t.Errorf("%s %q is refused", name, s)
			}
		}
		for _, s := range tt.no {
			if tt.valid(s) {
				t.Errorf("%s %q is taken", name, s)
			}
		}
	}
}
