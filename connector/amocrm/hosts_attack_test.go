package amocrm

import (
	"errors"
	"strings"
	"testing"
)

// Every way to write an address that some program takes for another one. None may pass, whoever wrote it.
func TestHosts_refusesWhatOnlyLooksLikeAnAccount(t *testing.T) {
	h, err := NewHosts([]string{"127.0.0.1:8081"})
	if err != nil {
		t.Fatal(err)
	}
	for kind, list := range map[string][]string{
		"IPv4":    {"127.0.0.1", "http://127.0.0.1/", "10.0.0.1", "169.254.169.254", "http://169.254.169.254/latest/meta-data/", "0.0.0.0", "8.8.8.8"},
		"numbers": {"2130706433", "http://2130706433/", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "1"},
		"IPv6": {"[::1]", "http://[::1]/", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fd00::1]", "[fe80::1%25eth0]", "[64:ff9b::7f00:1]", "::1",
			"[::1].amocrm.ru", "[x.amocrm.ru]"},
		"ports": {"x.amocrm.ru:443", "x.amocrm.ru:80", "x.amocrm.ru:8443", "x.amocrm.ru:0", "x.amocrm.ru:", "x.amocrm.ru:99999", "x.amocrm.ru:x",
			"127.0.0.1:8080", "127.0.0.1:08081", "127.0.0.1", "localhost:8081", "127.1:8081", "[::1]:8081", "0x7f.1:8081"},
		"user names": {"https://x.amocrm.ru@evil.example", "evil.example@x.amocrm.ru", "https://u:p@x.amocrm.ru", "https://@x.amocrm.ru",
			"127.0.0.1:8081@evil.example", "https://x.amocrm.ru%40evil.example"},
		"marks": {"evil.example#.amocrm.ru", "evil.example#@x.amocrm.ru", "x.amocrm.ru#evil", "x.amocrm.ru#", "evil.example?.amocrm.ru", "x.amocrm.ru?",
			"evil.example/.amocrm.ru", "evil.example;.amocrm.ru", "evil.example,x.amocrm.ru", "evil.example&.amocrm.ru", "evil.example$.amocrm.ru"},
		"backslashes": {`evil.example\.amocrm.ru`, `https:\\evil.example\x.amocrm.ru`, `https://evil.example\@x.amocrm.ru`, `x.amocrm.ru\`, `\\evil.example`},
		"whitespace": {"evil.example .amocrm.ru", "evil.example\t.amocrm.ru", "evil.example\n.amocrm.ru", "x.amocrm.ru\r\nHost: evil.example",
			"x\u00a0.amocrm.ru", "x.amocrm.ru evil.example", "evil.example\x00.amocrm.ru", "evil.example%00.amocrm.ru", "evil.example%20.amocrm.ru",
			"evil.example%0d%0a.amocrm.ru", "x\u200b.amocrm.ru", "\ufeffx.amocrm.ru"},
		"dots": {"x.amocrm.ru.", "x..amocrm.ru", ".amocrm.ru", "..amocrm.ru", "x.amocrm.ru..", "amocrm.ru.", "x。amocrm.ru", "x.amocrm。ru", "x.amocrm.ru.evil.example",
			"a.b.amocrm.ru", "xamocrm.ru", "x-amocrm.ru", "x.amocrm.ru.com", "x.amocrm.r", "x.amocrm.rus"},
		"homographs": {"х.amocrm.ru", "x.аmocrm.ru", "x.amocrm.гu", "x.xn--mocrm-4ve.ru", "x.ⓐmocrm.ru", "x.amocrm.ｒu", "x.\u212aommo.com", "ſ.kommo.com",
			"x.amocrm.ru\u3002evil.example", "x.%61mocrm.ru", "%78.amocrm.ru", "x.amocrm%2eru"},
		"schemes": {"ftp://x.amocrm.ru", "file:///etc/passwd", "gopher://x.amocrm.ru", "javascript:alert(1)//x.amocrm.ru", "//x.amocrm.ru", "https:x.amocrm.ru",
			"https:/x.amocrm.ru", "https:///x.amocrm.ru", "https://https://x.amocrm.ru", "data:,x.amocrm.ru", "unix:///run/redis.sock", "jar:https://x.amocrm.ru"},
		"paths": {"x.amocrm.ru/api/v4", "x.amocrm.ru//", "x.amocrm.ru/..", "x.amocrm.ru/%2e%2e", "https://x.amocrm.ru/;@evil.example"},
		"the vendor's own": {"www.amocrm.ru", "WWW.amocrm.ru", "api.amocrm.ru", "api-b.amocrm.ru", "api12.kommo.com", "amocrm.ru", "kommo.com",
			"drive-c.amocrm.ru.evil.example"},
		"shapes": {"", " ", "\n", ".", "-x.amocrm.ru", "x_.amocrm.ru", "*.amocrm.ru", strings.Repeat("a", 64) + ".amocrm.ru", strings.Repeat("a.", 200) + "amocrm.ru"},
	} {
		for _, given := range list {
			got, err := h.Base(given)
			if _, ok := errors.AsType[*HostError](err); !ok || got != "" {
				t.Errorf("%s: Base(%q) = %q, %v", kind, given, got, err)
			}
		}
	}
}

// Case and surrounding space are all that a person may get wrong; what comes out is always the same plain address.
func TestHosts_writesEveryAccountInOneWay(t *testing.T) {
	h, err := NewHosts(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{"x.amocrm.ru", "X.AMOCRM.RU", " https://X.amoCRM.ru/ ", "HTTPS://x.AmoCRM.RU", "http://x.amocrm.ru", "\tx.amocrm.ru\n"} {
		if got, err := h.Base(given); got != "https://x.amocrm.ru" {
			t.Errorf("Base(%q) = %q, %v", given, got, err)
		}
	}
}
