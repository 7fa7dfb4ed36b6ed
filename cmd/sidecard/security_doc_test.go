package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	threatRow = regexp.MustCompile("(?m)^\\|.*\\| `(\\./[a-z0-9/]+)` \\| `([^`]+)` \\|$")
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// A threat without a test that exists is no row of the table.
func TestThreatModel_namesTestsThatExist(t *testing.T) {
	raw, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := threatRow.FindAllStringSubmatch(string(raw), -1)
	if table := strings.Count(string(raw), "` |\n"); len(rows) < 30 || table != len(rows) {
		t.Fatalf("%d rows read of %d", len(rows), table)
	}
	for _, row := range rows {
		files, err := filepath.Glob(filepath.Join("../..", row[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range testFunc.FindAllStringSubmatch(string(source), -1) {
				names = append(names, m[1])
			}
		}
		for _, want := range strings.Split(row[2], `\|`) {
			if found := strings.Join(names, "\n"); !regexp.MustCompile(`(?m)^` + want).MatchString(found) {
				t.Errorf("%s has no test %s", row[1], want)
			}
		}
	}
}
