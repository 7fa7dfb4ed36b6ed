package usedesk

import (
	"errors"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/connector/transport"
)

// usedesk_api_base comes from the block's request: whatever is not one of the clouds gets no helpdesk token.
func TestHosts_refusesWhatOnlyLooksLikeTheHelpdesk(t *testing.T) {
	h, err := NewHosts([]string{"127.0.0.1:8082"})
	if err != nil {
		t.Fatal(err)
	}
	for kind, list := range map[string][]string{
		"numbers":     {"127.0.0.1", "http://2130706433/", "0x7f000001:8082", "0177.0.0.1:8082", "127.1:8082", "[::1]:8082", "[::ffff:127.0.0.1]:8082", "169.254.169.254"},
		"ports":       {"api.usedesk.ru:443", "api.usedesk.ru:8082", "secure.usedesk.com:", "127.0.0.1:8083", "127.0.0.1"},
		"user names":  {"https://api.usedesk.ru@evil.example/", "https://evil.example@api.usedesk.ru/", "https://u:p@secure.usedesk.com/uapi/"},
		"marks":       {"https://api.usedesk.ru/#", "https://evil.example/#api.usedesk.ru", "https://evil.example?api.usedesk.ru", `https://evil.example\api.usedesk.ru`},
		"whitespace":  {"api.usedesk.ru evil.example", "api.usedesk.ru\r\nX: y", "api\t.usedesk.ru", "api.usedesk.ru%00"},
		"dots":        {"api.usedesk.ru.", "api.usedesk.ru.evil.example", "evil.api.usedesk.ru", "usedesk.ru", "apiusedesk.ru", "secure.usedesk.org"},
		"homographs":  {"арi.usedesk.ru", "api.uѕedesk.ru", "xn--pi-6kc.usedesk.ru", "secure.u\u017fedesk.com", "secure.usedes\u212a.com"},
		"schemes":     {"ftp://api.usedesk.ru", "file:///etc/passwd", "//api.usedesk.ru", "https:api.usedesk.ru"},
		"paths":       {"api.usedesk.ru/../x", "api.usedesk.ru//x", "api.usedesk.ru/%2e%2e/", "api.usedesk.ru/a%2fb", `api.usedesk.ru/\evil.example`},
		"oversized":   {"api.usedesk.ru/" + strings.Repeat("a", 300)},
		"only spaces": {"", "  ", "\n"},
	} {
		for _, given := range list {
			got, err := h.Base(given)
			if _, ok := errors.AsType[*transport.HostError](err); !ok || got != "" {
				t.Errorf("%s: Base(%q) = %q, %v", kind, given, got, err)
			}
		}
	}
}
