package amocrm

import (
	"errors"
	"testing"
)

const nextLink = `"_links":{"next":{"href":"https://shard.example.com/api/v4/x?page=3"}}`

func TestNotesPage_saysWhetherMoreFollow(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/leads/7/notes", 200, `{`+nextLink+`,"_embedded":{"notes":[{"id":1,"created_at":10},{"id":2,"created_at":"20"}]}}`)
	got, more, err := c.NotesPage(t.Context(), "leads", 7, 2, 100)
	if err != nil || !more || len(got) != 2 || got[0].ID != 2 {
		t.Errorf("%+v, %v, %v", got, more, err)
	}
	s.query(t, map[string][]string{"order[id]": {"desc"}, "limit": {"100"}, "page": {"2"}})

	c, mock = setup(t)
	on(mock, "GET", "/leads/7/notes", 204, "")
	if got, more, err := c.NotesPage(t.Context(), "leads", 7, 9, 100); err != nil || more || got != nil {
		t.Errorf("past the end: %v, %v, %v", got, more, err)
	}
	for _, bad := range []struct {
		id   ID
		page int
	}{{0, 1}, {7, 0}} {
		if _, _, err := c.NotesPage(t.Context(), "leads", bad.id, bad.page, 1); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestEventsPage_saysWhetherMoreFollow(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/events", 200, `{`+nextLink+`,"_embedded":{"events":[{"id":"a","created_at":10},{"id":"b","created_at":20}]}}`)
	got, more, err := c.EventsPage(t.Context(), 7, 2, 500)
	if err != nil || !more || len(got) != 2 || got[0].ID != "b" {
		t.Errorf("%+v, %v, %v", got, more, err)
	}
	s.query(t, map[string][]string{"filter[entity][]": {"lead"}, "filter[entity_id][]": {"7"}, "limit": {"100"}, "page": {"2"}})
	if _, _, err := c.EventsPage(t.Context(), 7, 0, 1); !errors.Is(err, ErrInvalid) {
		t.Errorf("page 0: %v", err)
	}
}
