package transport

import (
	"net/url"
	"regexp"
	"testing"
)

var plainBase = regexp.MustCompile(`^(https://[a-z0-9][a-z0-9-]{0,62}\.crm\.example|http://127\.0\.0\.1:8081|https://desk\.example/[^?#\\%]*/)$`)

// Whatever a person, a block or a redirect writes: it is refused, or it is one of the few plain forms, and a request to it
// goes nowhere else.
func FuzzBase(f *testing.F) {
	for _, given := range []string{
		"x.crm.example", "https://X.CRM.example/", "127.0.0.1:8081", "x.crm.example@evil.example", "evil.example#.crm.example", `evil.example\.crm.example`,
		"x.crm.example.", "x.crm.example:443", "х.crm.example", "x.crm.example\r\n", "[::1].crm.example", "x%2ecrm.example", "2130706433", "//x.crm.example",
		"https:x.crm.example", "desk.example/a/../b", "desk.example/%2e", "",
	} {
		f.Add(given)
	}
	list, err := NewAllowList(HostRules{Accounts: []string{"crm.example"}, Reserved: regexp.MustCompile(`^www$`), Exact: map[string]string{"desk.example": "/api/"},
		Extra: []string{"127.0.0.1:8081"}, Paths: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, given string) {
		if base, err := list.Typed(given); err == nil {
			if again, err := list.Base(base); again != base || err != nil {
				t.Errorf("typed %q became %q, which is not on the list: %v", given, base, err)
			}
		}
		base, err := list.Base(given)
		if err != nil {
			if base != "" {
				t.Errorf("%q: %q beside %v", given, base, err)
			}
			return
		}
		u, err := url.Parse(base)
		if err != nil || !list.Allows(u) || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q became %q, which may not be asked: %v", given, base, err)
		}
		if host := u.Scheme + "://" + u.Host; !plainBase.MatchString(host) && !plainBase.MatchString(base) {
			t.Errorf("%q became %q", given, base)
		}
		if again, err := list.Base(base); again != base {
			t.Errorf("%q became %q, and that %q, %v", given, base, again, err)
		}
	})
}
