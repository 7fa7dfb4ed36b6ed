package amocrm

import (
	"context"
	"net/http"
	"net/url"
)

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
