package webhooks

import (
	"context"
	"errors"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
)

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
