package accept

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Tenants is what the rule endpoints need of the tenants; *tenant.Directory is one. ByTriggerKey must take the same
// time for every wrong key.
type Tenants interface {
	ByTriggerKey(ctx context.Context, key string) (tenant.Tenant, error)
	ByIntegration(ctx context.Context, clientID string) ([]string, error)
	Get(ctx context.Context, id string) (tenant.Tenant, error)
}

// errNoKey is a caller who is nobody: the answer must not tell a missing key from a wrong one.
var errNoKey = errors.New("no valid trigger key")

// sendError is a mistake in how a rule is sent: its method, address or integration.
type sendError struct {
	status  int
	text    string
	problem request.Problem
}

func (e *sendError) Error() string { return e.text }

// foreignClient is a rule whose amoClientId belongs to another account than its key.
func foreignClient(given string) error {
	text := fmt.Sprintf("amoClientId %.100q is not the integration that this key's account is connected with. "+
		"Copy the rule from the block's settings again, or leave amoClientId out", given)
	return &sendError{http.StatusForbidden, text, request.ForeignClient()}
}

// caller finds the tenant that a request speaks for: by its key, else, if open triggers are allowed, by the integration
// that only one tenant has. *sendError comes beside the tenant of the key.
func (h *Handlers) caller(c echo.Context, bodyKey, clientID string) (tenant.Tenant, error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), longestStore)
	defer cancel()
	key := givenKey(c, bodyKey)
	if key == "" {
		if h.Open && clientID != "" {
			return h.only(ctx, clientID)
		}
		return tenant.Tenant{}, errNoKey
	}
	t, err := h.Tenants.ByTriggerKey(ctx, key)
	if errors.Is(err, tenant.ErrNotFound) {
		return tenant.Tenant{}, errNoKey
	}
	if err != nil {
		return tenant.Tenant{}, fmt.Errorf("find the caller: %w", err)
	}
	if clientID != "" && t.IntegrationID != "" && !strings.EqualFold(clientID, t.IntegrationID) {
		return t, foreignClient(clientID)
	}
	return t, nil
}

// only finds the one tenant of an integration; none or several are nobody.
func (h *Handlers) only(ctx context.Context, clientID string) (tenant.Tenant, error) {
	ids, err := h.Tenants.ByIntegration(ctx, clientID)
	if err != nil {
		return tenant.Tenant{}, fmt.Errorf("find the caller: %w", err)
	}
	var found []tenant.Tenant
	for _, id := range ids {
		t, err := h.Tenants.Get(ctx, id)
		if errors.Is(err, tenant.ErrNotFound) {
			continue
		}
		if err != nil {
			return tenant.Tenant{}, fmt.Errorf("find the caller: %w", err)
		}
		if found = append(found, t); len(found) > 1 {
			break // nobody, however many more there are
		}
	}
	if len(found) != 1 {
		return tenant.Tenant{}, errNoKey
	}
	return found[0], nil
}

// givenKey is the key of a request: in its address, its Authorization header or its body.
func givenKey(c echo.Context, bodyKey string) string {
	if key := strings.TrimSpace(c.QueryParam("key")); key != "" {
		return key
	}
	scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	if token = strings.TrimSpace(token); strings.EqualFold(scheme, "Bearer") && token != "" {
		return token
	}
	return bodyKey
}
