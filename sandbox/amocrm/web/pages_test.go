package web

import "testing"

func TestInitials_standForPictures(t *testing.T) {
	for name, want := range map[string]string{"Anna Admin": "AA", "пётр": "П", "«Рога и копыта»": "РИ", "🎁 x": "X", "": ""} {
		if got := initials(name); got != want {
			t.Errorf("initials of %q: %q, want %q", name, got, want)
		}
	}
}
