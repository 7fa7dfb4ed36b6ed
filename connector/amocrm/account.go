package amocrm

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Account returns the account behind the token; it is the connection test as well (amocrm.md §2).
func (c AccountAPI) Account(ctx context.Context) (Account, error) {
	k := call{route: "/account", query: url.Values{"with": {"datetime_settings,is_api_filter_enabled,task_types"}}}
	var a Account
	found, err := c.read(ctx, k, &a)
	if err == nil && (!found || a.ID == 0) {
		err = &Error{Op: "GET /account", Status: http.StatusOK, Kind: KindUpstream, Detail: "the answer names no account"}
	}
	return a, err
}

// Users returns all users; ErrForbidden when the grant is not an administrator's (amocrm.md §3.1).
func (c AccountAPI) Users(ctx context.Context) ([]User, error) {
	return all[User](ctx, c.core, call{route: "/users", query: fullPages()}, "users")
}

// Pipelines returns all pipelines, archived ones included, and their stages, both in their Sort order (amocrm.md §3.2).
func (c AccountAPI) Pipelines(ctx context.Context) ([]Pipeline, error) {
	out, err := all[Pipeline](ctx, c.core, call{route: "/leads/pipelines"}, "pipelines")
	slices.SortStableFunc(out, func(a, b Pipeline) int { return cmp.Compare(a.Sort, b.Sort) })
	return out, err
}

// LossReasons returns the reasons for lost leads in their order; nil when the account has none (amocrm.md §3.3).
func (c AccountAPI) LossReasons(ctx context.Context) ([]LossReason, error) {
	out, err := all[LossReason](ctx, c.core, call{route: "/leads/loss_reasons", query: fullPages()}, "loss_reasons")
	slices.SortStableFunc(out, func(a, b LossReason) int { return cmp.Compare(a.Sort, b.Sort) })
	return out, err
}

// Fields returns all custom fields of a plural entity ("leads") in their order (amocrm.md §3.4).
func (c AccountAPI) Fields(ctx context.Context, entity string) ([]Field, error) {
	k := call{route: "/" + entity + "/custom_fields", query: fullPages()}
	out, err := all[Field](ctx, c.core, k, "custom_fields")
	slices.SortStableFunc(out, func(a, b Field) int { return cmp.Compare(a.Sort, b.Sort) })
	return out, err
}

func fullPages() url.Values { return url.Values{"limit": {strconv.Itoa(maxPerPage)}} }

// Webhook is a subscription. Disabled is set by amoCRM after too many bad answers (amocrm.md §7.2).
type Webhook struct {
	ID          ID       `json:"id"`
	Destination string   `json:"destination"`
	Disabled    bool     `json:"disabled"`
	Settings    []string `json:"settings"`
}

// Subscribe has amoCRM post the named events to destination. A second call for the same destination replaces the
// settings and is harmless (amocrm.md §7.1).
func (c AccountAPI) Subscribe(ctx context.Context, destination string, settings []string) error {
	body := struct {
		Destination string   `json:"destination"`
		Settings    []string `json:"settings"`
	}{destination, settings}
	var hook Webhook
	return c.write(ctx, call{method: http.MethodPost, route: "/webhooks", body: body}, &hook)
}

// Unsubscribe ends a subscription; ErrNotFound when there is none.
func (c AccountAPI) Unsubscribe(ctx context.Context, destination string) error {
	body := map[string]string{"destination": destination}
	return c.write(ctx, call{method: http.MethodDelete, route: "/webhooks", body: body}, nil)
}

// Webhook returns the subscription of destination, for a watchdog; ErrNotFound when there is none.
func (c AccountAPI) Webhook(ctx context.Context, destination string) (Webhook, error) {
	k := call{route: "/webhooks", query: url.Values{"filter[destination]": {destination}}}
	hooks, _, err := page[Webhook](ctx, c.core, k, "webhooks")
	if err != nil {
		return Webhook{}, err
	}
	for _, h := range hooks {
		if h.Destination == destination {
			return h, nil
		}
	}
	return Webhook{}, &Error{Op: "GET /webhooks", Status: http.StatusOK, Kind: KindNotFound}
}
