package amocrm

import (
	"errors"
	"testing"
)

func TestSubscribe(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/webhooks", 201, example(t, "webhook-subscribe-response"))
	if err := c.Subscribe(t.Context(), "https://example.test", []string{"add_lead"}); err != nil {
		t.Fatal(err)
	}
	s.body(t, `{"destination":"https://example.test","settings":["add_lead"]}`)
	on(mock, "POST", "/webhooks", 400, example(t, "error-400-webhook-invalid-url"))
	if err := c.Subscribe(t.Context(), "nonsense", nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("%v", err)
	}
}

func TestUnsubscribe_deletesWithABody(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "DELETE", "/webhooks", 204, "")
	if err := c.Unsubscribe(t.Context(), "https://example.test"); err != nil {
		t.Fatal(err)
	}
	s.body(t, example(t, "webhook-unsubscribe-request"))
	on(mock, "DELETE", "/webhooks", 404, "{}")
	if err := c.Unsubscribe(t.Context(), "https://example.test"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestWebhook_exactDestination(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/webhooks", 200, example(t, "webhooks-list"))
	h, err := c.Webhook(t.Context(), "https://api.test.ru/amoWebHook")
	if err != nil || h.ID != 849193 || !h.Disabled {
		t.Errorf("%+v, %v", h, err)
	}
	s.query(t, map[string][]string{"filter[destination]": {"https://api.test.ru/amoWebHook"}})
	if _, err := c.Webhook(t.Context(), "https://other.example"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}
