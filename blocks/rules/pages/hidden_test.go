package pages

import (
	"errors"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

func TestMaskJSON_comesBackAsItWas(t *testing.T) {
	f := i18n.Format{Display: phone.Display{Masked: true}, Lang: i18n.EN}
	for name, doc := range map[string]string{
		"text":        `{"a": "Call 8 999 123-45-67 now", "b": "+7 999 123-45-67"}`,
		"number":      `{"a": 79991234567, "price": 85000, "b": [79997654321]}`,
		"escapes":     `{"a": "say \"+7 999 123-45-67\"\n\u003cb> \\"}`,
		"nothing":     `{"a": "order 123", "field_id": 1025541}`,
		"dots":        `{"a": "A • B"}`,
		"two of them": `{"a": "+7 999 123-45-67", "b": "+7 999 123-45-67"}`,
	} {
		shown := maskJSON(f, doc)
		if digits := strings.ReplaceAll(strings.ReplaceAll(shown, "-", ""), " ", ""); strings.Contains(digits, "9991234567") || strings.Contains(digits, "9997654321") {
			t.Errorf("%s: %s", name, shown)
		}
		if got, err := unmaskJSON(f, shown, doc); err != nil || got != doc {
			t.Errorf("%s: %s comes back as %s, %v", name, shown, got, err)
		}
	}
	if _, err := unmaskJSON(f, `{"a": "+7 ••• •••-00-00"}`, `{"a": "+7 999 123-45-67"}`); !errors.Is(err, errMasked) {
		t.Errorf("another phone: %v", err)
	}
	f.Masked = false
	if got, err := unmaskJSON(f, `{"a": "•"}`, `{}`); err != nil || got != `{"a": "•"}` {
		t.Errorf("without masks: %s, %v", got, err)
	}
}
