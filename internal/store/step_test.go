package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// After a step back of Redis' clock what was stored before ends as much later. Neither a slot, nor a pause, nor the lock of
// somebody who is dead keeps anybody for so long.
func TestStepBack_nothingIsHeldForAsLongAsTheStep(t *testing.T) {
	const step, patience = 24 * time.Hour, 5 * time.Second
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		db, limiter := dbs[0], dbs[0].Limiter("h", 3, Interactive)
		now, err := db.Time(ctx).Result()
		if err != nil {
			t.Fatal(err)
		}
		late := now.Add(step).UnixMicro()
		for i := range 3 {
			if err := db.ZAdd(ctx, limiter.slots, redis.Z{Score: float64(late), Member: fmt.Sprint(i)}).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Set(ctx, limiter.pause, fmt.Sprintf("%d 1", late), step).Err(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		done, err := limiter.Wait(ctx)
		if err != nil {
			t.Fatalf("slots and pause of before the step: %v", err)
		}
		done()
		if took := time.Since(began); took < slotWindow {
			t.Errorf("a slot was free after %s: the requests in the others may have been sent a moment ago", took)
		}
		key := Key("t", "lock")
		if err := db.Set(ctx, key, "somebody who is dead", step).Err(); err != nil {
			t.Fatal(err)
		}
		unlock, err := db.Lock(ctx, key, time.Second)
		if err != nil {
			t.Fatalf("a lock of before the step: %v", err)
		}
		unlock()
	})
}
