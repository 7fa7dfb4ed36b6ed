package amocrm

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// example reads a published body.
func example(t *testing.T, name string) any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "testdata", "amocrm", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// keysLike checks that the answer has the keys of the example and no others, all the way down. Where one side has
// null or an empty list there is nothing to compare. except names paths that may differ; elements of lists are "*".
func (a answer) keysLike(name string, except ...string) {
	a.t.Helper()
	for _, d := range keyDiff("", example(a.t, name), a.value(), except) {
		a.t.Errorf("%s against %s.json: %s", a.call, name, d)
	}
}

func keyDiff(path string, want, got any, except []string) []string {
	var out []string
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			if got == nil {
				return nil
			}
			return []string{fmt.Sprintf("%s is %T, not an object", path, got)}
		}
		for _, key := range slices.Sorted(maps.Keys(w)) {
			at := strings.TrimPrefix(path+"."+key, ".")
			if slices.Contains(except, at) {
				continue
			}
			if _, there := g[key]; !there {
				out = append(out, "missing "+at)
				continue
			}
			out = append(out, keyDiff(at, w[key], g[key], except)...)
		}
		for _, key := range slices.Sorted(maps.Keys(g)) {
			at := strings.TrimPrefix(path+"."+key, ".")
			if _, there := w[key]; !there && !slices.Contains(except, at) {
				out = append(out, "extra "+at)
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok {
			if got == nil {
				return nil
			}
			return []string{fmt.Sprintf("%s is %T, not a list", path, got)}
		}
		if len(w) > 0 && len(g) > 0 {
			out = keyDiff(strings.TrimPrefix(path+".*", "."), w[0], g[0], except)
		}
	}
	return out
}
