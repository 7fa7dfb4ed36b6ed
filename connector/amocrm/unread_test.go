package amocrm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestLists_anUnreadableElementCostsThatElement(t *testing.T) {
	for _, l := range []struct {
		name, path, body string
		ask              func(*Client, context.Context) (int, error)
		left             string
	}{
		{"notes", "/leads/7/notes", `{"_embedded":{"notes":[{"id":1,"note_type":"common"},{"id":2,"note_type":4},{"id":3,"note_type":"common"}]}}`,
			func(c *Client, ctx context.Context) (int, error) {
				n, _, err := c.NotesPage(ctx, "leads", 7, 1, 10)
				return len(n), err
			}, "notes.1"},
		{"events", "/events", `{"_embedded":{"events":[{"id":"a","type":[]},{"id":"b","type":"x"},{"id":"c"}]}}`,
			func(c *Client, ctx context.Context) (int, error) {
				n, _, err := c.EventsPage(ctx, 7, 1, 10)
				return len(n), err
			}, "events.0"},
		{"tasks", "/tasks", `{"_embedded":{"tasks":[{"id":1,"entity_id":7,"entity_type":"leads","text":{}},{"id":2,"entity_id":7,"entity_type":"leads"},{"id":3,"entity_id":7,"entity_type":"leads"}]}}`,
			func(c *Client, ctx context.Context) (int, error) {
				n, err := c.Tasks(ctx, 7)
				return len(n), err
			}, "tasks.0"},
		{"a lead's tags", "/leads", `{"_embedded":{"leads":[{"id":7,"_embedded":{"tags":[{"id":1,"name":5},{"id":2,"name":"x"}]}},{"id":8}]}}`,
			func(c *Client, ctx context.Context) (int, error) {
				n, err := c.Leads(ctx, []ID{7, 8})
				if len(n) == 2 && len(n[0].Tags) != 1 {
					return len(n[0].Tags), err
				}
				return len(n), err
			}, "leads.0._embedded.tags.0"},
		{"one lead's contacts", "/leads/7", `{"id":7,"_embedded":{"contacts":[{"id":"x"},{"id":11},{"id":12}]}}`,
			func(c *Client, ctx context.Context) (int, error) {
				l, err := c.Lead(ctx, 7)
				return len(l.Contacts), err
			}, "_embedded.contacts.0"},
		{"stages of a pipeline", "/leads/pipelines", `{"_embedded":{"pipelines":[{"id":1,"_embedded":{"statuses":[{"id":11},{"id":12,"name":true}]}},{"id":2}]}}`,
			func(c *Client, ctx context.Context) (int, error) {
				p, err := c.Pipelines(ctx)
				if len(p) > 0 && len(p[0].Statuses) != 1 {
					return -1, err
				}
				return len(p), err
			}, "pipelines.0._embedded.statuses.1"},
		{"contacts", "/contacts", `{"_embedded":{"contacts":{"0":{"id":1},"1":{"id":2},"3":{"id":"x"}}}}`,
			func(c *Client, ctx context.Context) (int, error) {
				n, _, err := c.SearchContacts(ctx, "anna", 1, 10)
				return len(n), err
			}, "contacts.3"},
	} {
		t.Run(l.name, func(t *testing.T) {
			c, mock := setup(t)
			var left []Unread
			WithUnread(func(_ context.Context, u Unread) { left = append(left, u) })(c.core)
			on(mock, "GET", l.path, 200, l.body)
			n, err := l.ask(c, t.Context())
			if err != nil || n != 2 {
				t.Errorf("%d are left, %v", n, err)
			}
			if len(left) != 1 || left[0].Path != l.left || !strings.HasPrefix(left[0].Op, "GET /") || left[0].Reason == "" {
				t.Errorf("left out: %+v", left)
			}
		})
	}
}

func TestLists_noneThatCanBeReadIsAnError(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/leads/7/notes", 200, `{"_embedded":{"notes":[{"id":1,"note_type":4},{"id":2,"note_type":4}]}}`)
	if n, _, err := c.NotesPage(t.Context(), "leads", 7, 1, 10); !errors.Is(err, ErrUpstream) {
		t.Errorf("%v, %v", n, err)
	}
}

func TestUnread_reasonHoldsNoValue(t *testing.T) {
	c, mock := setup(t)
	var left []Unread
	WithUnread(func(_ context.Context, u Unread) { left = append(left, u) })(c.core)
	on(mock, "GET", "/contacts", 200, `{"_embedded":{"contacts":[{"id":1},{"id":"Anna \"Petrova\""},{"id":2,"responsible_user_id":"79991234567x"}]}}`)
	if _, _, err := c.SearchContacts(t.Context(), "anna", 1, 10); err != nil || len(left) != 2 {
		t.Fatalf("%+v, %v", left, err)
	}
	if slices.ContainsFunc(left, func(u Unread) bool {
		return strings.Contains(u.Reason, "Anna") || strings.Contains(u.Reason, "Petrova") || strings.Contains(u.Reason, "7999")
	}) {
		t.Errorf("%+v", left)
	}
}
