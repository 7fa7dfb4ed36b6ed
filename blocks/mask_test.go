package blocks

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormat_masksPhones(t *testing.T) {
	f := Format{Masked: true, Region: "RU"}
	for raw, want := range map[string]string{
		"+7 (999) 123-45-67": "+7 ••• •••-45-67",
		"8 999 123-45-67":    "+7 ••• •••-45-67",
		"79991234567":        "+7 ••• •••-45-67",
		"+44 7911 123456":    "+44 •••• ••3456",
		"ext. 12":            "ext. 12",
		"1234567":            "+7 •••4567",
		"+7 ••• •••-45-67":   "+7 ••• •••-45-67",
		"":                   "",
	} {
		if got := f.Phone(raw); got != want {
			t.Errorf("Phone(%q) = %q, want %q", raw, got, want)
		}
		if got := f.Dial(raw); got != "" {
			t.Errorf("Dial(%q) = %q: a link would tell the number", raw, got)
		}
	}
}

func TestFormat_masksPhonesInWords(t *testing.T) {
	masked := Format{Masked: true, Region: "RU"}
	for text, want := range map[string]string{
		"call me: 8 (999) 123-45-67, please": "call me: +7 ••• •••-45-67, please",
		"+79991234567":                       "+7 ••• •••-45-67",
		"two: +79991234567 +79997654321":     "two: +7 ••• •••-45-67 +7 ••• •••-43-21",
		"order 20261121-17 of 2026":          "order 20261121-17 of 2026",
		"paid 185 000":                       "paid 185 000",
		"no digits":                          "no digits",
	} {
		if got := masked.Words(text); got != want {
			t.Errorf("Words(%q) = %q, want %q", text, got, want)
		}
		if got := (Format{Region: "RU"}).Words(text); got != text {
			t.Errorf("unmasked Words(%q) = %q", text, got)
		}
	}
}

func TestFormat_unmaskFindsTheKnownPhone(t *testing.T) {
	f := Format{Masked: true, Region: "RU"}
	known := []string{"8 999 123-45-67", "+7 495 000-00-00"}
	got := []string{f.Unmask("+7 ••• •••-45-67", known), f.Unmask("+7 ••• •••-99-99", known), f.Unmask("+7 900 000-00-00", known)}
	want := []string{"8 999 123-45-67", "+7 ••• •••-99-99", "+7 900 000-00-00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
