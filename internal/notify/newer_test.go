package notify

import (
	"fmt"
	"strings"
	"testing"
)

// What a newer version has noted as said, in a form of its own, is neither said again nor written over by an older one.
func TestWatcher_saidByANewerVersionIsLeftToIt(t *testing.T) {
	for name, form := range map[string]string{
		"with a member more":     `{"v":%d,"held":{"since":"2026-11-21T12:00:00Z","count":3},"added":[1]}`,
		"with other members":     `{"v":%d,"matters":[{"kind":"held","count":3}]}`,
		"with members changed":   `{"v":%d,"held":["2026-11-21T12:00:00Z",3],"outbox":{}}`,
		"with nothing to say of": `{"v":%d}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			stored := fmt.Sprintf(form, saidSchema+1)
			if err := h.redis.Set(saidKey(h.tenant), stored); err != nil {
				t.Fatal(err)
			}
			h.jobs.set(7, 3)
			if err := h.watcher().look(t.Context(), h.tenant); err == nil || !strings.Contains(err.Error(), "read what was said") {
				t.Errorf("%v, want a refusal", err)
			}
			if got := h.post.events(); got != "" {
				t.Errorf("said %q", got)
			}
			if left, err := h.redis.Get(saidKey(h.tenant)); err != nil || left != stored {
				t.Errorf("what lies there now: %q, %v", left, err)
			}
		})
	}
	h := newHouse(t) // the same numbers are told where nothing was said
	h.jobs.set(7, 3)
	if err := h.watcher().look(t.Context(), h.tenant); err != nil || h.post.events() == "" {
		t.Errorf("said %q, %v", h.post.events(), err)
	}
}
