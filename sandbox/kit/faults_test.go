package kit

import (
	"slices"
	"testing"
)

func TestFaults_areUsedUpByWhatTheyMatch(t *testing.T) {
	var f Faults[string]
	f.Add("a", 2)
	f.Add("b", 0)
	take := func(name string) []string { return f.Take(func(x string) bool { return name == "" || x == name }) }
	for i, want := range [][]string{{"a", "b"}, {"a", "b"}, {"b"}, {"b"}} {
		if got := take(""); !slices.Equal(got, want) {
			t.Errorf("take %d: %v, want %v", i, got, want)
		}
	}
	f.Add("c", 3)
	take("c")
	var left []int
	f.Active(func(x string, n int) string { left = append(left, n); return x })
	if !slices.Equal(left, []int{0, 2}) {
		t.Errorf("times left are %v", left)
	}
	if f.Clear(); take("") != nil {
		t.Error("faults are left after the clearing")
	}
}
