package phone

import "testing"

func TestInternational_isAPhoneWithItsPlus(t *testing.T) {
	for text, want := range map[string]bool{
		"+7 (999) 555-01-23": true, "+1 555 010 0000": true, "+380671234567": true, "+7 999 555–01–23": true,
		"89995550123": false, "79995550123": false, "123456789012": false, "+12345": false, "+1234567890123456": false,
		"+7 999 555-01-23 home": false, "anna@example.com": false, "": false,
	} {
		if got := International(text); got != want {
			t.Errorf("International(%q) = %v", text, got)
		}
	}
}

func TestReplace_findsRunsThatMayBePhones(t *testing.T) {
	for text, want := range map[string]string{
		"call +7 (999) 123-45-67 now":         "call … now",
		"8\u00a0999\u00a0123–45–67":           "…",
		"(495) 123-45-67, +7 999    1234567":  "…, …",
		"deal 123456 of 2026":                 "deal 123456 of 2026",
		"two: 1234567 7654321":                "two: …",
		"price 10.50, version 1.2.3, day 5/6": "price 10.50, version 1.2.3, day 5/6",
	} {
		if got := Replace(text, func(string) string { return "…" }); got != want {
			t.Errorf("Replace(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestRegion_isTheFirstThatIsOne(t *testing.T) {
	for _, tt := range []struct {
		codes []string
		want  string
	}{
		{[]string{"KZ", "RU"}, "KZ"}, {[]string{"", "ua"}, "UA"}, {[]string{" ", " br "}, "BR"}, {[]string{"Brazil", "PT"}, "PT"},
		{[]string{"", ""}, "RU"}, {nil, "RU"},
	} {
		if got := Region(tt.codes...); got != tt.want {
			t.Errorf("Region(%q) = %q, want %q", tt.codes, got, tt.want)
		}
	}
	if regions := Regions(); regions["UZ"] != 998 || regions["XX"] != 0 {
		t.Errorf("UZ %d, XX %d", regions["UZ"], regions["XX"])
	}
}
