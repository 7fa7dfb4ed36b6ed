package world

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// PlainNumbers turns json.Number into int64 or float64 all the way down, so that a value is the same before and
// after the state was saved.
func PlainNumbers(raw any) any {
	return kit.Leaves(raw, func(leaf any) any {
		x, ok := leaf.(json.Number)
		if !ok {
			return leaf
		}
		if n, err := x.Int64(); err == nil {
			return n
		}
		if f, err := x.Float64(); err == nil {
			return f
		}
		return x.String()
	})
}

// ToInt reads a whole number out of any decoded JSON value; numeric strings too.
func ToInt(raw any) (int64, bool) {
	switch n := raw.(type) {
	case json.Number:
		return ParseWhole(n.String())
	case string:
		return ParseWhole(n)
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
			return int64(n), true
		}
	case int64:
		return n, true
	case int:
		return int64(n), true
	}
	return 0, false
}

// ParseWhole reads a whole number, also one that is written with a fraction or an exponent.
func ParseWhole(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// ValueStrings lists the texts inside a stored value: what search and the audit feed see of it.
func ValueStrings(raw any) []string {
	switch x := raw.(type) {
	case nil:
		return nil
	case string:
		return []string{x}
	case float64:
		return []string{strconv.FormatFloat(x, 'f', -1, 64)}
	case map[string]any:
		out := ValueStrings(slices.Collect(maps.Values(x)))
		slices.Sort(out)
		return out
	case []any:
		var out []string
		for _, el := range x {
			out = append(out, ValueStrings(el)...)
		}
		return out
	}
	return []string{fmt.Sprint(raw)}
}

// PHPString is how a value looks in a form that PHP wrote.
func PHPString(v any) string {
	switch t := v.(type) {
	case nil:
		return ""
	case bool:
		if t {
			return "1"
		}
		return "0"
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64)
	case map[string]any, []any:
		raw, _ := json.Marshal(t) // decoded from JSON, so it can be encoded again
		return string(raw)
	}
	return fmt.Sprint(v)
}

// WallClock is a time as people in the account read it.
func WallClock(a *Account, unix int64) string {
	zone, err := time.LoadLocation(a.Timezone)
	if err != nil {
		zone = time.UTC // no zone data on this machine
	}
	return time.Unix(unix, 0).In(zone).Format(time.DateTime)
}

// Load reads the state file. No file, or no name, is no world.
func Load(path string) (*World, error) {
	w, err := kit.Load(path, "local amoCRM", func(w *World) bool {
		return len(w.Accounts) > 0 && len(w.SigningKey) > 0 && w.Integrations != nil && w.Codes != nil && w.Refresh != nil && w.Access != nil
	})
	if w != nil {
		w.restoreNumbers()
	}
	return w, err
}

// restoreNumbers gives free-form values the types they had before they were saved: whole numbers are int64, as the
// API stores them, and not float64, as JSON would have them.
func (w *World) restoreNumbers() {
	for _, a := range w.Accounts {
		kinds := slices.Clone(Entities)
		for _, c := range a.Catalogs {
			kinds = append(kinds, c.Kind())
		}
		for _, kind := range kinds {
			for _, b := range Bases(a, kind) {
				for _, f := range b.Fields {
					for _, v := range f.Values {
						restoreMap(v)
					}
				}
			}
		}
		for _, n := range a.Notes {
			restoreMap(n.Params)
		}
	}
}

// restoreMap turns the json.Numbers in m into plain numbers, in place.
func restoreMap(m map[string]any) {
	for k, v := range m {
		m[k] = PlainNumbers(v)
	}
}
