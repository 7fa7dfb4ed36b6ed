package store

import (
	"slices"
	"testing"
)

func TestEraseTenant_leavesOthersAlone(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		ctx, db := t.Context(), dbs[0]
		const mine, other = "aaaa", "bbbb"
		for _, id := range []string{mine, other} {
			session := Shared("session", id)
			for key, value := range map[string]string{
				Key(id, "tenant"): "{}", Shared("credential", "of-"+id): id,
				session: db.Ring().Seal([]byte(`{"tenant":"`+id+`"}`), session), session + ":aside:message": "beside it",
			} {
				if err := db.Set(ctx, key, value, 0).Err(); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.HSet(ctx, Key(id, "links"), "1", "2").Err(); err != nil {
				t.Fatal(err)
			}
			if err := db.SAdd(ctx, Shared("tenants"), id).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := db.EraseTenant(ctx, mine); err != nil || n != 6 {
			t.Errorf("%d went, want 5 keys and an entry; %v", n, err)
		}
		if n, err := db.EraseTenant(ctx, mine); err != nil || n != 0 {
			t.Errorf("%d went the second time, %v", n, err)
		}
		var left []string
		if err := db.Walk(ctx, "*", func(keys []string) error { left = append(left, keys...); return nil }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(left)
		session := Shared("session", other)
		want := []string{Shared("credential", "of-"+other), session, session + ":aside:message", Shared("tenants"), Key(other, "links"), Key(other, "tenant")}
		slices.Sort(want)
		if !slices.Equal(left, want) || !slices.Equal(db.SMembers(ctx, Shared("tenants")).Val(), []string{other}) {
			t.Errorf("left are %v\nwant %v", left, want)
		}
		for _, id := range []string{"", "*", "a?", "{a}"} {
			if _, err := db.EraseTenant(ctx, id); err == nil {
				t.Errorf("erased %q", id)
			}
		}
	})
}
