package amocrm

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEvents_singularEntityAndBounds(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/events", 200, example(t, "events-list"))
	got, err := c.Events(t.Context(), "lead", []ID{26060763, 5}, 500)
	if err != nil || len(got) != 1 || got[0].ID != "01pz58t6p04ymgsgfbmfyfy1mf" || string(got[0].Before) != "[]" {
		t.Errorf("%+v, %v", got, err)
	}
	s.query(t, map[string][]string{"filter[entity][]": {"lead"}, "filter[entity_id][]": {"26060763", "5"}, "limit": {"100"}})
	if _, err := c.Events(t.Context(), "leads", []ID{1}, 1); !errors.Is(err, ErrInvalid) {
		t.Errorf("plural: %v", err)
	}
	if _, err := c.Events(t.Context(), "lead", []ID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 1); !errors.Is(err, ErrInvalid) {
		t.Errorf("11 ids: %v", err)
	}
	if got, err := c.Events(t.Context(), "lead", nil, 1); err != nil || got != nil {
		t.Errorf("no ids: %v, %v", got, err)
	}
}

func TestEvents_newestFirst(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/events", 200, `{"_embedded":{"events":[{"id":"a","created_at":1},{"id":"b","created_at":"3"},{"id":"c","created_at":2}]}}`)
	got, err := c.Events(t.Context(), "contact", []ID{1}, 10)
	var order []string
	for _, e := range got {
		order = append(order, string(e.ID))
	}
	if diff := cmp.Diff([]string{"b", "c", "a"}, order); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
