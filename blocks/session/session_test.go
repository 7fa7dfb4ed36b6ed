package session

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/store"
)

func sessions(t *testing.T) (*Sessions, *miniredis.Miniredis) {
	t.Helper()
	mr := miniredis.RunT(t)
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + mr.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return NewSessions(db), mr
}

func sample() Session {
	return Session{TenantID: "t1", Lang: i18n.RU, Ticket: helpdesk.Ticket{ID: 1, Subject: "Order", Client: helpdesk.Client{ID: 2, Name: "Anna", Phones: []string{"+79991234567"}}}}
}

func TestSessions_roundTrip(t *testing.T) {
	s, mr := sessions(t)
	made, err := s.Create(t.Context(), sample())
	if err != nil {
		t.Fatal(err)
	}
	if len(made.ID) != 22 {
		t.Errorf("id %q has not 128 bits in base64", made.ID)
	}
	got, err := s.Get(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, key := range mr.Keys() {
		value, _ := mr.Get(key)
		if strings.Contains(key, made.ID) || strings.Contains(value, "Anna") || strings.Contains(value, "79991234567") {
			t.Errorf("Redis shows the session in clear: %s %s", key, value)
		}
	}
}

func TestSessions_slideAndExpire(t *testing.T) {
	s, mr := sessions(t)
	made, err := s.Create(t.Context(), sample())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		mr.FastForward(SessionLife - time.Minute)
		if _, err := s.Get(t.Context(), made.ID); err != nil {
			t.Fatalf("used within its life: %v", err)
		}
	}
	mr.FastForward(SessionLife + time.Minute)
	if _, err := s.Get(t.Context(), made.ID); !errors.Is(err, ErrExpired) {
		t.Errorf("got %v, want ErrExpired", err)
	}
}

func TestSessions_foreignIDs(t *testing.T) {
	s, _ := sessions(t)
	for _, id := range []string{"", "x", NewID(), strings.Repeat("a", 23), "../../../etc/passwd22x", strings.Repeat("*", 22)} {
		if _, err := s.Get(t.Context(), id); !errors.Is(err, ErrExpired) {
			t.Errorf("%q: got %v, want ErrExpired", id, err)
		}
	}
}

func TestSessions_move(t *testing.T) {
	s, _ := sessions(t)
	made, err := s.Create(t.Context(), sample())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Move(t.Context(), made.ID, "t2"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), made.ID); err != nil || got.TenantID != "t2" || got.Ticket.ID != 1 {
		t.Errorf("got %+v %v", got, err)
	}
	if err := s.Move(t.Context(), NewID(), "t2"); !errors.Is(err, ErrExpired) {
		t.Errorf("got %v, want ErrExpired", err)
	}
}

func TestPlace_perTicketAndTenant(t *testing.T) {
	s, _ := sessions(t)
	a, b := sample(), sample()
	b.TenantID = "t2"
	if err := s.SetPlace(t.Context(), a, "deal:12"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Place(t.Context(), a); err != nil || got != "deal:12" {
		t.Errorf("got %q %v", got, err)
	}
	if got, err := s.Place(t.Context(), b); err != nil || got != "" {
		t.Errorf("another tenant sees %q %v", got, err)
	}
	if err := s.SetPlace(t.Context(), a, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Place(t.Context(), a); err != nil || got != "" {
		t.Errorf("got %q %v", got, err)
	}
}

func TestBegin_oneOfManyActs(t *testing.T) {
	s, _ := sessions(t)
	made, err := s.Create(t.Context(), sample())
	if err != nil {
		t.Fatal(err)
	}
	token := NewID()
	var wg sync.WaitGroup
	var mu sync.Mutex
	acted, results := 0, []string{}
	for range 20 {
		wg.Go(func() {
			once, result, err := s.Begin(t.Context(), made, token)
			if err != nil {
				t.Errorf("begin: %v", err)
				return
			}
			if once != nil {
				mu.Lock()
				acted++
				mu.Unlock()
				if err := once.Done(t.Context(), "deal:5"); err != nil {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			results = append(results, result)
			mu.Unlock()
		})
	}
	wg.Wait()
	if acted != 1 || len(results) != 19 {
		t.Fatalf("%d acted, %d got a result", acted, len(results))
	}
	for _, r := range results {
		if r != "deal:5" {
			t.Errorf("got %q, want the first one's result", r)
		}
	}
}

func TestBegin_releasedFormWorksAgain(t *testing.T) {
	s, _ := sessions(t)
	made, _ := s.Create(t.Context(), sample())
	token := NewID()
	once, _, err := s.Begin(t.Context(), made, token)
	if err != nil || once == nil {
		t.Fatalf("%v %v", once, err)
	}
	busy, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := s.Begin(busy, made, token); !errors.Is(err, ErrBusy) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while the first works: got %v, want ErrBusy", err)
	}
	if err := once.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, _, err := s.Begin(t.Context(), made, token); err != nil || again == nil {
		t.Errorf("after release: %v %v", again, err)
	}
	if _, _, err := s.Begin(t.Context(), made, "made up"); !errors.Is(err, ErrExpired) {
		t.Errorf("a made-up token: %v", err)
	}
}

func TestSessions_ofANewerVersionCountAsExpired(t *testing.T) {
	s, _ := sessions(t)
	newer := sample()
	newer.V, newer.ID = sessionSchema+1, NewID()
	if err := s.save(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), newer.ID); !errors.Is(err, ErrExpired) {
		t.Errorf("%v, want ErrExpired: the page then says to refresh the block", err)
	}
}
