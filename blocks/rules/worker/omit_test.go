package worker

import (
	"context"
	"testing"
	"time"

	"github.com/sidecard/sidecard/internal/crm"
)

func TestRenew_doesNotRelyOnAVocabularyOfTheFuture(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]bool{-10 * time.Minute: true, 0: false, time.Hour: true} {
		at := time.Now().Add(-age)
		w := planner{&batch{meta: crm.Meta{At: at}}}
		young := func(context.Context) (crm.Meta, error) { return crm.Meta{At: time.Now()}, nil }
		if err := w.refreshMeta(t.Context(), young); err != nil {
			t.Fatal(err)
		}
		if got := !w.meta.At.Equal(at); got != want {
			t.Errorf("one that is %s old is read anew: %v", age, got)
		}
	}
}
