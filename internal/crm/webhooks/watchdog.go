package webhooks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

const (
	refusedFor   = 24 * time.Hour
	checkEvery   = 10 * time.Minute
	checksAtOnce = 4                // in one replica: each check writes to Redis some ten times, which syncs each write
	checkTime    = 10 * time.Second // of one tenant
	hungFor      = time.Hour        // a tenant whose amoCRM does not answer leaves its place to others
)

// newPeriodic are the watchdog's over all tenants.
func (s *Service) newPeriodic() *store.Periodic {
	return &store.Periodic{DB: s.DB, Name: "hooks", Every: checkEvery, Rest: time.Second, AtOnce: checksAtOnce, Now: s.Now, Log: s.Log,
		Each:  func(ctx context.Context, visit func(string) error) error { return s.Tenants.Each(ctx, visit) },
		Visit: func(_ context.Context, id string) { s.checkOne(id, false) }}
}

// Connected subscribes a tenant in the background, soon, whatever was refused before: another person may have logged in.
// It fits login.Hooks.Connected, and Moved: amoCRM promises nothing about the hooks of an account that was renamed.
func (s *Service) Connected(ctx context.Context, tenantID string) {
	if err := s.periodic.Plan(ctx, tenantID, s.Now().Add(time.Minute)); err != nil { // should this replica not come to it
		s.Log.Warn("hooks not planned after login", "tenant", tenantID, "error", err)
	}
	if s.ctx.Err() != nil {
		return
	}
	s.active.Go(func() {
		select {
		case <-time.After(s.AfterLogin):
			s.checkOne(tenantID, true)
		case <-s.ctx.Done(): // the plan stays: another replica, or the next start, takes it up
		}
	})
}

// Unsubscribe ends a tenant's hook while its login still works, and forgets its secret either way. Call it before the grant
// is dropped.
func (s *Service) Unsubscribe(ctx context.Context, tenantID string) error {
	sub, err := s.load(ctx, tenantID)
	if err != nil {
		return err
	}
	var failed error
	if sub.Destination != "" {
		var account Account
		if account, failed = s.Open(ctx, tenantID); failed == nil {
			failed = account.CRM.Unsubscribe(ctx, sub.Destination)
		}
		if errors.Is(failed, amocrm.ErrNotFound) || errors.Is(failed, oauth.ErrNeedsLogin) {
			failed = nil // it is gone, or can't be reached by us any more: its secret leads nowhere from now on
		}
	}
	return errors.Join(failed, s.forget(ctx, tenantID, sub))
}

// Disconnected is Unsubscribe for login.Hooks.Ending. What fails is logged: a person may always disconnect.
func (s *Service) Disconnected(ctx context.Context, tenantID string) {
	if err := s.Unsubscribe(ctx, tenantID); err != nil {
		s.Log.Warn("hook not ended", "tenant", tenantID, "error", err)
	}
}

// checkOne checks a tenant within CheckTime.
func (s *Service) checkOne(tenantID string, anew bool) {
	ctx, cancel := context.WithTimeout(s.ctx, s.CheckTime)
	defer cancel()
	err := s.check(ctx, tenantID, anew)
	if err == nil || s.ctx.Err() != nil {
		return
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = errors.Join(err, s.periodic.Move(s.ctx, tenantID, s.Now().Add(store.Jitter(hungFor))))
	}
	s.Log.Warn("hook not checked", "tenant", tenantID, "error", err)
}

// check brings one tenant's subscription in order. anew asks also where amoCRM has refused within the last day. Its errors
// are worth a line in the log; the next turn tries again.
func (s *Service) check(ctx context.Context, tenantID string, anew bool) error {
	unlock, err := s.DB.Lock(ctx, subscriptionLock(tenantID), time.Minute)
	if err != nil {
		return err
	}
	defer unlock()
	t, err := s.Tenants.Get(ctx, tenantID)
	if errors.Is(err, tenant.ErrNotFound) {
		return s.periodic.Leave(ctx, tenantID)
	}
	if err != nil {
		return err
	}
	if !s.reachable(t.AmoBase) {
		return nil
	}
	status, err := s.Grants.Status(ctx, tenantID)
	if err != nil || status.State != "connected" {
		return err
	}
	sub, err := s.load(ctx, tenantID)
	if err != nil {
		return err
	}
	if !anew && !sub.Refused.IsZero() && s.Now().Sub(sub.Refused) < refusedFor {
		return nil
	}
	account, err := s.Open(ctx, tenantID)
	if err != nil {
		return err
	}
	err = s.ensure(ctx, tenantID, account.CRM, sub)
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return nil // the login that mends it subscribes, too
	}
	return err
}

// ensure makes the subscription exist, enabled, with our settings and at our present address.
func (s *Service) ensure(ctx context.Context, tenantID string, crm CRM, sub subscription) error {
	before := sub
	if sub.Secret == "" {
		sub.Secret = strings.ToLower(rand.Text()) // 26 letters and digits, 130 bits
	}
	want := s.destination(sub.Secret)
	// The secret must lead somewhere before amoCRM knows it. Saving again also renews the index after a change of seal keys.
	if err := s.save(ctx, tenantID, sub); err != nil {
		return err
	}
	found, err := crm.Webhook(ctx, want)
	switch {
	case err == nil && !found.Disabled && sameSettings(found.Settings) && before.Destination == want && before.Refused.IsZero():
		return nil
	case err == nil && !found.Disabled && sameSettings(found.Settings): // only our own note of it is missing
	case err == nil || errors.Is(err, amocrm.ErrNotFound):
		if err := crm.Subscribe(ctx, want, settings); err != nil {
			return s.refused(ctx, tenantID, sub, err)
		}
		s.Log.Info("subscribed to changes", "tenant", tenantID, "was_disabled", found.Disabled)
	default:
		return s.refused(ctx, tenantID, sub, err)
	}
	sub.Destination, sub.Refused, sub.Why = want, time.Time{}, ""
	if err := s.save(ctx, tenantID, sub); err != nil {
		return err
	}
	if before.Destination != "" && before.Destination != want { // our address has changed
		if err := crm.Unsubscribe(ctx, before.Destination); err != nil && !errors.Is(err, amocrm.ErrNotFound) {
			return fmt.Errorf("end the subscription of the old address: %w", err)
		}
	}
	return nil
}

// refused remembers answers that another try won't change today: no administrator, no such tariff, address not accepted.
func (s *Service) refused(ctx context.Context, tenantID string, sub subscription, err error) error {
	for _, final := range []error{amocrm.ErrForbidden, amocrm.ErrPayment, amocrm.ErrInvalid} {
		if !errors.Is(err, final) {
			continue
		}
		sub.Refused, sub.Why = s.Now(), final.Error()
		s.Log.Info("amoCRM gives no hooks here, asking again in a day", "tenant", tenantID, "why", err)
		return s.save(ctx, tenantID, sub)
	}
	return fmt.Errorf("subscribe: %w", err)
}

func sameSettings(have []string) bool {
	return len(have) == len(settings) && !slices.ContainsFunc(settings, func(x string) bool { return !slices.Contains(have, x) })
}

// reachable reports whether the account can reach us at all: a loopback address is good for local accounts only.
func (s *Service) reachable(amoBase string) bool {
	u, err := url.Parse(s.PublicURL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	loopback := strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
	return !loopback || s.Local(amoBase)
}
