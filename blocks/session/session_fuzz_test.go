package session

import (
	"errors"
	"strings"
	"testing"
)

// No text but a session's own id opens it, and none reaches Redis as a pattern, a path or a second key.
func FuzzSessionID(f *testing.F) {
	for _, id := range []string{"", "AAAAAAAAAAAAAAAAAAAAAA", "*", "../AAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA\n", "AAAAAAAAAAAAAAAAAAAAA\x00", "%2e%2e", strings.Repeat("A", 5000)} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		s, mr := sessions(t)
		mine, err := s.Create(t.Context(), sample())
		if err != nil {
			t.Fatal(err)
		}
		before, asked := len(mr.Keys()), mr.CommandCount()
		if got, err := s.Get(t.Context(), id); id != mine.ID && !errors.Is(err, ErrExpired) {
			t.Errorf("%q opens %+v, %v", id, got, err)
		}
		if err := s.Move(t.Context(), id, "t2"); id != mine.ID && !errors.Is(err, ErrExpired) {
			t.Errorf("%q was moved: %v", id, err)
		}
		shaped := len(id) == 22 && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
		if n := mr.CommandCount() - asked; !shaped && n > 0 {
			t.Errorf("Redis was asked %d times for %q", n, id)
		}
		once, _, err := s.Begin(t.Context(), mine, id)
		if (err == nil) != idShape.MatchString(id) || err != nil && !errors.Is(err, ErrExpired) {
			t.Errorf("token %q: %v, %v", id, once, err)
		}
		if n := len(mr.Keys()); n > before+1 {
			t.Errorf("%q made %d keys", id, n-before)
		}
		if got, err := s.Get(t.Context(), mine.ID); err != nil || got.TenantID != "t1" {
			t.Errorf("%q changed the session: %+v, %v", id, got, err)
		}
	})
}
