package webhooks

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
)

// hookPath is the address under PublicURL; the secret follows.
const hookPath = "/hooks/amocrm/"

// settings are the events we want to hear of (amocrm.md §7.1).
var settings = []string{
	"add_lead", "update_lead", "status_lead", "responsible_lead", "delete_lead", "note_lead",
	"add_contact", "update_contact", "responsible_contact", "delete_contact",
	"add_task", "update_task", "responsible_task", "delete_task",
}

// subscriptionSchema is the form in which subscriptions are stored.
const subscriptionSchema = 1

// subscription is what we know of a tenant's hook. It is stored sealed: the destination holds the secret.
type subscription struct {
	V           int       `json:"v"`
	Secret      string    `json:"secret"`      // 128 random bits, the last part of the address
	Destination string    `json:"destination"` // as last subscribed, "" for never
	Refused     time.Time `json:"refused"`     // when amoCRM said that this login may not have hooks, zero otherwise
	Why         string    `json:"why"`         // of the refusal, a connector's error kind
}

func subscriptionKey(tenantID string) string  { return store.Key(tenantID, "hook") }
func subscriptionLock(tenantID string) string { return store.Key(tenantID, "hook", "lock") }
func secretKey(fingerprint string) string     { return store.Shared("hook", fingerprint) }

func (s *Service) fingerprints(secret string) []string {
	return s.DB.Ring().Fingerprints("hook", secret)
}

// load reads a tenant's subscription; the zero value when there is none, or when its seal key is gone: then a new secret
// replaces the one that nobody can read.
func (s *Service) load(ctx context.Context, tenantID string) (subscription, error) {
	key := subscriptionKey(tenantID)
	sealed, there, err := store.Found(s.DB.Get(ctx, key).Result())
	if !there {
		return subscription{}, store.Wrap("read subscription", err)
	}
	var sub subscription
	if err := s.DB.Ring().OpenJSON(sealed, key, &sub); err != nil {
		s.Log.Warn("subscription not readable, making a new one", "tenant", tenantID, "error", err)
		return subscription{}, nil
	}
	if sub.V > subscriptionSchema {
		return subscription{}, fmt.Errorf("read subscription: written by a newer version (form %d, this one knows %d)", sub.V, subscriptionSchema)
	}
	return sub, nil
}

// save stores a subscription and lets its secret lead to the tenant.
func (s *Service) save(ctx context.Context, tenantID string, sub subscription) error {
	sub.V = subscriptionSchema
	key := subscriptionKey(tenantID)
	sealed, err := s.DB.Ring().SealJSON(sub, key)
	if err == nil {
		err = s.DB.Set(ctx, key, sealed, 0).Err()
	}
	if err != nil {
		return fmt.Errorf("write subscription: %w", err)
	}
	return store.Wrap("index subscription", s.DB.Set(ctx, secretKey(s.fingerprints(sub.Secret)[0]), tenantID, 0).Err())
}

// forget removes a subscription and what leads to it.
func (s *Service) forget(ctx context.Context, tenantID string, sub subscription) error {
	failed := []error{
		s.DB.Del(ctx, subscriptionKey(tenantID)).Err(),
		s.periodic.Leave(ctx, tenantID),
	}
	if sub.Secret != "" {
		for _, fingerprint := range s.fingerprints(sub.Secret) {
			failed = append(failed, s.DB.Del(ctx, secretKey(fingerprint)).Err())
		}
	}
	return store.Wrap("forget subscription", errors.Join(failed...))
}

// owner is the tenant of a secret, "" for none.
func (s *Service) owner(ctx context.Context, secret string) (string, error) {
	for _, fingerprint := range s.fingerprints(secret) {
		if id, there, err := store.Found(s.DB.Get(ctx, secretKey(fingerprint)).Result()); there || err != nil {
			return id, store.Wrap("find a hook's tenant", err)
		}
	}
	return "", nil
}

var secretShape = regexp.MustCompile(`^[a-z2-7]{26}$`)

func (s *Service) destination(secret string) string {
	return strings.TrimSuffix(s.PublicURL, "/") + hookPath + secret
}

// Reindex makes a tenant's hook found under the name that the newest seal key gives it, and drops the names of older keys.
// Only DB and Log of the Service are used. It may be repeated. changed: there was something to do; without change that is
// all it says.
func (s *Service) Reindex(ctx context.Context, tenantID string, change bool) (changed bool, err error) {
	sub, err := s.load(ctx, tenantID)
	if err != nil || sub.Secret == "" {
		return false, err
	}
	fingerprints := s.fingerprints(sub.Secret)
	found, err := s.DB.Exists(ctx, secretKey(fingerprints[0])).Result()
	if err != nil {
		return false, fmt.Errorf("look for a hook's name: %w", err)
	}
	if found > 0 || !change {
		return found == 0, nil
	}
	if err := s.DB.Set(ctx, secretKey(fingerprints[0]), tenantID, 0).Err(); err != nil {
		return false, fmt.Errorf("name a hook anew: %w", err)
	}
	for _, fingerprint := range fingerprints[1:] {
		if err := s.DB.Del(ctx, secretKey(fingerprint)).Err(); err != nil {
			return false, fmt.Errorf("drop a hook's old name: %w", err)
		}
	}
	return true, nil
}

// Standing is how a tenant's hook stands.
type Standing string

// Standings.
const (
	StandingNone     Standing = "none"     // never subscribed
	StandingRefused  Standing = "refused"  // amoCRM does not let this login have hooks
	StandingMoved    Standing = "moved"    // it leads to a former address of ours
	StandingMissing  Standing = "missing"  // somebody has removed it in amoCRM
	StandingDisabled Standing = "disabled" // amoCRM has turned it off after too many bad answers
	StandingGood     Standing = "good"
)

// Standing asks amoCRM how a tenant's hook stands, and changes nothing.
func (s *Service) Standing(ctx context.Context, tenantID string, crm CRM) (Standing, error) {
	sub, err := s.load(ctx, tenantID)
	if err != nil {
		return "", err
	}
	switch {
	case !sub.Refused.IsZero():
		return StandingRefused, nil
	case sub.Destination == "":
		return StandingNone, nil
	case !strings.HasPrefix(sub.Destination, s.destination("")):
		return StandingMoved, nil
	}
	found, err := crm.Webhook(ctx, sub.Destination)
	switch {
	case errors.Is(err, amocrm.ErrNotFound):
		return StandingMissing, nil
	case err != nil:
		return "", err
	case found.Disabled:
		return StandingDisabled, nil
	}
	return StandingGood, nil
}
