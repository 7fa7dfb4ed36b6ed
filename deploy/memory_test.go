package deploy

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// mebibytes reads "160Mi" or "136MiB".
func mebibytes(t *testing.T, text string) float64 {
	t.Helper()
	number, _, ok := strings.Cut(text, "Mi")
	n, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil {
		t.Fatalf("%q is no size in mebibytes", text)
	}
	return n
}

// The kernel's part of 2,000 connections and whatever else is under way needs room beside what was measured.
func TestKubernetes_memoryIsSizedFromTheMeasuredFigures(t *testing.T) {
	raw, err := os.ReadFile("../bench/README.md")
	if err != nil {
		t.Fatal(err)
	}
	measured := func(name string) float64 {
		row := regexp.MustCompile("(?m)^\\| `" + name + "` .*\\| ([0-9., ]+) \\|$").FindStringSubmatch(string(raw))
		if row == nil {
			t.Fatalf("bench/README.md has no figure %s", name)
		}
		most := 0.0
		for _, text := range strings.Split(row[1], ", ") {
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, n)
		}
		return most
	}
	c := manifests(t)["Deployment"].Spec.Template.Spec.Containers[0]
	limit, request := mebibytes(t, c.Resources.Limits["memory"]), mebibytes(t, c.Resources.Requests["memory"])
	if most := measured("streams_most_mib"); limit < 1.4*most {
		t.Errorf("the limit is %.0f MiB, 2,000 open panels have taken %.0f: want 1.4 times that", limit, most)
	}
	if steady := measured("streams_rss_mib"); request < 1.1*steady {
		t.Errorf("the request is %.0f MiB, 2,000 open panels take %.0f", request, steady)
	}
	for _, e := range c.Env {
		if e.Name != "GOMEMLIMIT" {
			continue
		}
		if soft := mebibytes(t, e.Value); soft < 0.8*limit || soft > 0.9*limit {
			t.Errorf("GOMEMLIMIT is %.0f MiB of %.0f, want eight to nine tenths", soft, limit)
		}
	}
}
