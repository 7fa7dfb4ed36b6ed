package crm

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
)

type freeLimiter struct{}

func (freeLimiter) Wait(context.Context) (func(), error) { return func() {}, nil }
func (freeLimiter) Penalty(context.Context, int)         {}

// guarded is a connector behind a breaker before the fake CRM.
func guarded(t *testing.T, rest time.Duration) (*amocrm.Client, *fake.CRM) {
	t.Helper()
	c := fake.New(t)
	g := newBreaker("crm.example.com", rest)
	api, err := amocrm.New(c.Server.URL, &fake.Auth{}, amocrm.WithHTTP(g.client(c.Server.Client())), amocrm.WithLimiter(g.limiter(freeLimiter{})))
	if err != nil {
		t.Fatal(err)
	}
	return api, c
}

func TestBreaker_restsAfterFiveFailuresAndComesBack(t *testing.T) {
	api, c := guarded(t, 50*time.Millisecond)
	c.Set(func(c *fake.CRM) { c.Answer = fake.Failing("GET", 500, "application/problem+json", `{"status":500}`) })
	for range tripAfter {
		if _, err := api.Account(t.Context()); !errors.Is(err, amocrm.ErrUpstream) {
			t.Fatalf("%v", err)
		}
	}
	c.Set(func(c *fake.CRM) { c.Answer = nil })
	c.Reset()
	if _, err := api.Account(t.Context()); !errors.Is(err, ErrResting) {
		t.Errorf("sixth call: %v", err)
	}
	_, err := api.CreateNotes(t.Context(), []amocrm.NoteInput{{EntityID: 1, Type: "common"}})
	if !errors.Is(err, ErrResting) || errors.Is(err, amocrm.ErrUnknownOutcome) {
		t.Errorf("a write that was held back has no unknown outcome: %v", err)
	}
	if got := c.Calls(); len(got) != 0 {
		t.Errorf("asked %v while resting", got)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		_, err := api.Account(t.Context())
		if err == nil {
			return
		}
		if !errors.Is(err, ErrResting) || time.Now().After(deadline) {
			t.Fatalf("never came back: %v", err)
		}
	}
}

func TestBreaker_oneBlockPageIsEnough(t *testing.T) {
	api, c := guarded(t, time.Minute)
	c.Set(func(c *fake.CRM) {
		c.Answer = fake.Failing("GET", 403, "text/html; charset=UTF-8", "<html>blocked</html>")
	})
	if _, err := api.Account(t.Context()); !errors.Is(err, amocrm.ErrBlocked) {
		t.Fatalf("%v", err)
	}
	c.Reset()
	if _, err := api.Account(t.Context()); !errors.Is(err, ErrResting) || len(c.Calls()) != 0 {
		t.Errorf("%v, asked %v", err, c.Calls())
	}
}

func TestBreaker_refusalsAndGivingUpAreNoFailures(t *testing.T) {
	api, c := guarded(t, time.Minute)
	c.Set(func(c *fake.CRM) { c.Answer = fake.Failing("GET", 403, "application/problem+json", `{"status":403}`) })
	for range 2 * tripAfter {
		if _, err := api.Account(t.Context()); !errors.Is(err, amocrm.ErrForbidden) {
			t.Fatalf("%v", err)
		}
	}
	c.Set(func(c *fake.CRM) { c.Answer, c.Latency = nil, time.Second })
	for range 2 * tripAfter {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Millisecond, cancel)
		if _, err := api.Account(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v", err)
		}
	}
	c.Set(func(c *fake.CRM) { c.Latency = 0 })
	if _, err := api.Account(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
}

func TestBreaker_isForgottenWhenNobodyUsesItsAccountAnyMore(t *testing.T) {
	b, now := New(Deps{}), time.Now()
	const kept = "https://kept.amocrm.ru"
	first := b.breaker(kept, now)
	for i := range 1000 {
		now = now.Add(time.Minute)
		b.breaker(fmt.Sprintf("https://left%d.amocrm.ru", i), now)
		if b.breaker(kept, now) != first {
			t.Fatalf("minute %d: the breaker of an account in use was replaced", i)
		}
	}
	if most := 2*int(breakerFor/time.Minute) + 1; len(b.breakers) > most {
		t.Errorf("%d breakers are kept, at most %d are in use or were lately", len(b.breakers), most)
	}
}
