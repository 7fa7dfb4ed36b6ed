package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// rings are one of an old key, one of both with the new one first, and one of the new key.
func rings(t *testing.T) (old, both, young *Ring) {
	t.Helper()
	old, oldSpec := NewRing()
	young, youngSpec := NewRing()
	both, err := ParseRing(youngSpec + "," + oldSpec)
	if err != nil {
		t.Fatal(err)
	}
	return old, both, young
}

func TestReseal_everyFormUnderTheNewestKey(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		ctx, db := t.Context(), dbs[0]
		old, both, young := rings(t)
		version := strings.Repeat("V", versionBytes)
		text, cached, record, grant, entry, lines := Shared("session", "1"), Key("t", "cache", "x"), Key("t", "tenant"), Key("t", "grant"), Key("t", "fire:e:1"), Key("t", "fire:l:1")
		raw, err := json.Marshal(map[string]any{"v": 1, "desk_token": old.Seal([]byte("desk"), record+"#desk_token"), "later": []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range map[string]string{
			text: old.Seal([]byte("a session"), text), cached: version + old.Seal([]byte("a page"), cached), record: string(raw),
			Shared("plain"): "v1.no.value", Shared("shut"): old.Seal(nil, "elsewhere"), Shared("new"): young.Seal(nil, Shared("new")),
		} {
			if err := db.Set(ctx, key, value, time.Hour).Err(); err != nil {
				t.Fatal(err)
			}
		}
		for key, fields := range map[string][]any{
			grant: {"gen", 7, "grant", old.Seal([]byte("tokens"), grant+"#7")},
			entry: {"state", "held", "request", old.Seal([]byte("a request"), entry), "why", old.Seal([]byte("a reason"), entry+"#why")},
		} {
			if err := db.HSet(ctx, key, fields...).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.RPush(ctx, lines, "1700000000000 accepted", "1700000000001 "+old.Seal([]byte("a line"), lines)).Err(); err != nil {
			t.Fatal(err)
		}
		db.ring = both
		look, err := db.Reseal(ctx, false)
		if err != nil {
			t.Fatal(err)
		}
		if look.Values != 9 || look.Old[old.Newest()] != 7 || !slices.Equal(look.Undecryptable, []string{Shared("shut")}) || look.Done != 0 {
			t.Errorf("looked: %+v", look)
		}
		if done, err := db.Reseal(ctx, true); err != nil || done.Done != 7 || len(done.Old) != 0 || done.UndecryptableN != 1 {
			t.Errorf("done: %+v, %v", done, err)
		}
		if again, err := db.Reseal(ctx, true); err != nil || again.Done != 0 || len(again.Old) != 0 {
			t.Errorf("again: %+v, %v", again, err)
		}

		got := map[string]string{}
		open := func(sealed, bound string) {
			plain, err := young.Open(sealed, bound)
			if err != nil {
				t.Errorf("%s: %v", bound, err)
			}
			got[bound] = string(plain)
		}
		open(db.Get(ctx, text).Val(), text)
		page := db.Get(ctx, cached).Val()
		if !strings.HasPrefix(page, version) {
			t.Errorf("the cache's version is gone: %.40s", page)
		}
		open(strings.TrimPrefix(page, version), cached)
		var members map[string]any
		if err := json.Unmarshal([]byte(db.Get(ctx, record).Val()), &members); err != nil || members["v"] != 1.0 || len(members) != 3 {
			t.Errorf("the record is %v, %v", members, err)
		}
		open(members["desk_token"].(string), record+"#desk_token")
		open(db.HGet(ctx, grant, "grant").Val(), grant+"#7")
		open(db.HGet(ctx, entry, "request").Val(), entry)
		open(db.HGet(ctx, entry, "why").Val(), entry+"#why")
		line, marked := strings.CutPrefix(db.LIndex(ctx, lines, 1).Val(), "1700000000001 ")
		if first := db.LIndex(ctx, lines, 0).Val(); !marked || first != "1700000000000 accepted" {
			t.Errorf("the list is %q, …", first)
		}
		open(line, lines)
		want := map[string]string{text: "a session", cached: "a page", record + "#desk_token": "desk", grant + "#7": "tokens", entry: "a request",
			entry + "#why": "a reason", lines: "a line"}
		if !maps.Equal(got, want) {
			t.Errorf("opened %v, want %v", got, want)
		}
		if left := db.TTL(ctx, text).Val(); left <= 0 || left > time.Hour {
			t.Errorf("the session lives for %s, want the rest of its hour", left)
		}
	})
}

func TestReseal_leavesWhatIsNewerThanWhatItRead(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		ctx, db, key := t.Context(), dbs[0], Key("t", "hook")
		if err := db.Set(ctx, key, "newer", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if n, err := resealSwap.Run(ctx, db, []string{key}, "older", "older, sealed anew").Int(); n != 0 || err != nil {
			t.Errorf("wrote over a newer value: %d, %v", n, err)
		}
		if got := db.Get(ctx, key).Val(); got != "newer" {
			t.Errorf("the value is %q", got)
		}
		if err := db.Del(ctx, key).Err(); err != nil {
			t.Fatal(err)
		}
		if err := db.HSet(ctx, key, "request", "newer").Err(); err != nil {
			t.Fatal(err)
		}
		if n, err := resealField.Run(ctx, db, []string{key}, "request", "older", "anew").Int(); n != 0 || err != nil {
			t.Errorf("wrote over a newer field: %d, %v", n, err)
		}
	})
}

func TestWalk_visitsEveryMatchOnce(t *testing.T) {
	conform(t, 1, func(t *testing.T, dbs []*DB) {
		ctx, db := t.Context(), dbs[0]
		want := map[string]bool{}
		for i := range 1200 {
			key := Key("t"+strings.Repeat("x", i%7), "n", strings.Repeat("y", i))
			want[key] = true
			if err := db.Set(ctx, key, 1, 0).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Set(ctx, "other:key", 1, 0).Err(); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		err := db.Walk(ctx, "sc:{*}:n:*", func(keys []string) error {
			for _, key := range keys {
				got[key] = true
			}
			return nil
		})
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%d keys, want %d, %v", len(got), len(want), err)
		}
	})
}
