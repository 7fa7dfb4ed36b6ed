package phone

import (
	"testing"
)

func TestE164_waysOfWriting(t *testing.T) {
	for _, c := range []struct {
		name, raw, region, want string
	}{
		{"eight prefix", "8 (999) 555-01-23", "RU", "+79995550123"},
		{"plus seven", "+7 999 555 01 23", "RU", "+79995550123"},
		{"seven without plus", "79995550123", "RU", "+79995550123"},
		{"national only", "999 555-01-23", "RU", "+79995550123"},
		{"plus eight is a slip", "+8 999 555-01-23", "RU", "+79995550123"},
		{"no region means RU", "8 999 555 01 23", "", "+79995550123"},
		{"foreign with plus", "+1 555 010 0199", "RU", "+15550100199"},
		{"foreign without plus", "380671234567", "RU", "+380671234567"},
		{"double zero", "0044 7911 123456", "RU", "+447911123456"},
		{"british trunk zero", "07911 123456", "GB", "+447911123456"},
		{"brazilian eleven digits", "(11) 96123-4567", "BR", "+5511961234567"},
		{"american national", "(202) 555-0143", "US", "+12025550143"},
		{"extension is not part", "+1 202 555 0143 ext. 7", "US", "+12025550143"},
		{"blank", "  ", "RU", ""},
		{"word", "telegram", "RU", ""},
		{"short number", "112", "RU", ""},
		{"too long", "+7999555012399955501239995550123", "RU", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := E164(c.raw, c.region)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("E164(%q, %q) = %q, %v; want %q", c.raw, c.region, got, ok, c.want)
			}
		})
	}
}

func TestSameNumber(t *testing.T) {
	for _, c := range []struct {
		name, a, b, region string
		want               bool
	}{
		{"eight and plus seven", "8 999 555-01-23", "+79995550123", "RU", true},
		{"last digit differs", "+79995550123", "+79995550124", "RU", false},
		{"same national number of another country", "+79995550123", "+19995550123", "RU", false},
		{"short numbers with the same digits", "1-23", "123", "RU", true},
		{"short number inside a long one", "50123", "+79995550123", "RU", false},
		{"nothing is not nothing", "", "", "RU", false},
		{"words are not the same phone", "none", "unknown", "RU", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Same(c.a, c.b, c.region); got != c.want {
				t.Errorf("Same(%q, %q) = %v", c.a, c.b, got)
			}
			if got := Same(c.b, c.a, c.region); got != c.want {
				t.Errorf("Same(%q, %q) = %v", c.b, c.a, got)
			}
		})
	}
}

func TestSearchDigits(t *testing.T) {
	for _, c := range []struct{ name, raw, region, want string }{
		{"russian", "8 (999) 555-01-23", "RU", "9995550123"},
		{"already international", "+79995550123", "US", "9995550123"},
		{"british without trunk zero", "07911 123456", "GB", "7911123456"},
		{"brazilian keeps the last ten of eleven", "+55 11 96123-4567", "BR", "1961234567"},
		{"unknown plan keeps its digits", "55-01-2", "RU", "55012"},
		{"too short to search", "1234", "RU", ""},
		{"empty", "", "RU", ""},
		{"letters", "unknown", "RU", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SearchDigits(c.raw, c.region); got != c.want {
				t.Errorf("SearchDigits(%q, %q) = %q, want %q", c.raw, c.region, got, c.want)
			}
		})
	}
}

func TestLike(t *testing.T) {
	for text, want := range map[string]bool{
		"+7 (999) 555-01-23": true, "89995550123": true, "12": false, "Anna 9995550123": false, "a@example.com": false,
	} {
		if got := Like(text); got != want {
			t.Errorf("Like(%q) = %v", text, got)
		}
	}
}
