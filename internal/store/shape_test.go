package store

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

type (
	inner  struct{ N int }
	person struct {
		Name string `json:"name"`
		At   time.Time
		Kin  []*person
		In   map[string]inner
	}
)

func TestShape_changesWithWhatIsStored(t *testing.T) {
	if a, b := shape(reflect.TypeFor[inner]()), shape(reflect.TypeFor[**struct{ N int }]()); a != b {
		t.Error("a name or a pointer makes another shape")
	}
	met := map[shapeSum]string{}
	for name, v := range map[string]any{
		"as it is": person{}, "renamed": struct{ M int }{}, "one more": struct{ N, M int }{}, "another kind": struct{ N string }{},
		"another tag": struct {
			N int `json:"n"`
		}{}, "a list": []inner{}, "a map": map[string]inner{}, "a map by number": map[int64]inner{}, "as a whole": inner{}, "text": "",
		"number": 1, "truth": true, "nothing": nil, "time": time.Time{}, "raw": json.RawMessage{},
	} {
		sum := shape(reflect.TypeOf(v))
		if other, twice := met[sum]; twice {
			t.Errorf("%q and %q have the same shape", name, other)
		}
		met[sum] = name
	}
}

// Two versions side by side: what the other one has cached of a type that differs is read anew from amoCRM, never
// understood by half.
func TestFetch_valueOfAnotherVersionIsReadAgain(t *testing.T) {
	type older struct{ Name string }
	type newer struct {
		Name  string
		Price int
	}
	conform(t, 2, func(t *testing.T, dbs []*DB) {
		here, there := NewCache(dbs[0]), NewCache(dbs[1])
		ctx, key, loads := t.Context(), Key("t", "cache", "deal"), 0
		for range 2 {
			old, err := Fetch(ctx, here, key, time.Hour, func(context.Context) (older, error) { loads++; return older{"Deal"}, nil })
			if err != nil || old.Value.Name != "Deal" {
				t.Errorf("%+v, %v", old, err)
			}
			got, err := Fetch(ctx, there, key, time.Hour, func(context.Context) (newer, error) { loads++; return newer{"Deal", 5}, nil })
			if err != nil || got.Value.Price != 5 || got.Stale {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if loads != 4 {
			t.Errorf("%d loads of 4", loads)
		}
		if raw, ok := here.Peek(ctx, key); !ok || string(raw.Value) != `{"Name":"Deal","Price":5}` {
			t.Errorf("peeked %s, %v", raw.Value, ok)
		}
	})
}
