package phone

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormat_masksPhones(t *testing.T) {
	f := Display{Masked: true, Region: "RU"}
	for raw, want := range map[string]string{
		"+7 (999) 123-45-67":                 "+7 ••• •••-45-67",
		"8 999 123-45-67":                    "+7 ••• •••-45-67",
		"79991234567":                        "+7 ••• •••-45-67",
		"+44 7911 123456":                    "+44 •••• ••3456",
		"ext. 12":                            "ext. 12",
		"1234567":                            "•••4567",
		"+7 ••• •••-45-67":                   "+7 ••• •••-45-67",
		"+7 916 111 22 3":                    "+• ••• ••1 22 3",
		"+7 999 123-45-67, +7 495 123-45-68": "+7 ••• •••-45-67, +7 ••• •••-45-68",
		"8 999 123-45-67 доб. 101":           "+7 ••• •••-45-67 доб. 101",
		"":                                   "",
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
	masked := Display{Masked: true, Region: "RU"}
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
		if got := (Display{Region: "RU"}).Words(text); got != text {
			t.Errorf("unmasked Words(%q) = %q", text, got)
		}
	}
}

func TestFormat_unmaskFindsTheKnownPhone(t *testing.T) {
	f := Display{Masked: true, Region: "RU"}
	known := []string{"8 999 123-45-67", "+7 495 000-00-00"}
	got := []string{f.Unmask("+7 ••• •••-45-67", known), f.Unmask("+7 ••• •••-99-99", known), f.Unmask("+7 900 000-00-00", known)}
	want := []string{"8 999 123-45-67", "+7 ••• •••-99-99", "+7 900 000-00-00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFormat_masksPhonesBesideOtherNumbers(t *testing.T) {
	f := Display{Masked: true, Region: "RU"}
	for text, want := range map[string]string{
		"8 (999) 123-45-67 8 999 123-45-67":               "+7 ••• •••-45-67 +7 ••• •••-45-67",
		"order 12 89991234567":                            "order 12 +7 ••• •••-45-67",
		"2026-11-30 89991234567, 2 pcs":                   "2026-11-30 +7 ••• •••-45-67, 2 pcs",
		"89991234567 (2)":                                 "+7 ••• •••-45-67 (2)",
		"79991234567 79991234567 79991234567 79991234567": "+7 ••• •••-45-67 +7 ••• •••-45-67 +7 ••• •••-45-67 +7 ••• •••-45-67",
		"paid 185 000 on 30.11.2026":                      "paid 185 000 on 30.11.2026",
		"1 2 3 4 5 6 7 8 9 10 11 12 13":                   "1 2 3 4 5 6 7 8 9 10 11 12 13",
	} {
		if got := f.Words(text); got != want {
			t.Errorf("Words(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestFormat_knowsAnAddressThatTellsAPhone(t *testing.T) {
	f := Display{Masked: true, Region: "RU"}
	for address, want := range map[string]bool{
		"https://example.com/records/1701341234.79991234567-101.mp3": true,
		"https://wa.me/79991234567":                                  true,
		"https://example.com/r?from=%2B7%20999%20123-45-67":          true,
		"https://example.com/in/9991234567.mp3":                      true,
		"https://example.com/in/x1234567y.mp3":                       true, // the end of the phone that is known
		"https://example.com/records/1701341299990000.mp3":           false,
		"https://example.com/record.mp3":                             false,
		"https://example.com/2026/11/30/1701341234.mp3":              false,
		"": false,
	} {
		if got := f.Reveals(address, "+7 999 123-45-67"); got != want {
			t.Errorf("Reveals(%q) = %v", address, got)
		}
		if (Display{Region: "RU"}).Reveals(address, "+7 999 123-45-67") {
			t.Errorf("%q is left out although nothing is hidden", address)
		}
	}
}

func TestPhone_international(t *testing.T) {
	f := Display{Region: "RU"}
	for raw, want := range map[string]string{
		"8 (999) 123-45-67": "+7 999 123-45-67", "+1 555 010 0000": "+1 555-010-0000", "ext. 12": "ext. 12", "": "",
	} {
		if got := f.Phone(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
	if got := f.Dial("8 999 123-45-67"); got != "+79991234567" {
		t.Errorf("dial: %q", got)
	}
	if got := f.Dial("nobody"); got != "" {
		t.Errorf("dial of a word: %q", got)
	}
}

// What is found and stored by one reading is shown by the same one.
func TestPhone_asItIsReadElsewhere(t *testing.T) {
	for raw, want := range map[string][3]string{
		"380671234567":     {"+380 67 123 4567", "+380671234567", "+380 •• ••• 4567"},
		"+8 999 123-45-67": {"+7 999 123-45-67", "+79991234567", "+7 ••• •••-45-67"},
		"0044 7911 123456": {"+44 7911 123456", "+447911123456", "+44 •••• ••3456"},
		"12":               {"12", "", "12"},
	} {
		got := [3]string{Display{}.Phone(raw), Display{}.Dial(raw), Display{Masked: true}.Phone(raw)}
		if got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
