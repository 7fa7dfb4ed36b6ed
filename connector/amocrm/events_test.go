package amocrm

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEvents_newestFirst(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/events", 200, `{"_embedded":{"events":[{"id":"a","created_at":1},{"id":"b","created_at":"3"},{"id":"c","created_at":2}]}}`)
	got, _, err := c.EventsPage(t.Context(), 1, 1, 10)
	var order []string
	for _, e := range got {
		order = append(order, string(e.ID))
	}
	if diff := cmp.Diff([]string{"b", "c", "a"}, order); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
