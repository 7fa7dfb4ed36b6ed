package request

import (
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	have := []string{"Sales", "Support", "Доставка", "e"}
	for typed, want := range map[string]string{
		"sales ": "Sales", "Slaes": "Sales", "Sale": "Sales", "Suport": "Support", "достака": "Доставка", "x": "", "Marketing": "", "": "",
		strings.Repeat("s", 10_000): "",
	} {
		if got := Near(typed, have); got != want {
			t.Errorf("%.20s: %q, want %q", typed, got, want)
		}
	}
}
