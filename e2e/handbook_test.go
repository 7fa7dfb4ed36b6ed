package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every failure, every stored value and every promise that the pages tell of names a test, and every test that they name
// is in the package that they say.
func TestHandbook_everyRowNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	packages := map[string]map[string]bool{}
	has := func(pkg, test string) bool {
		if packages[pkg] == nil {
			packages[pkg] = testsIn(t, filepath.Join("..", pkg))
		}
		return packages[pkg][test]
	}
	for _, c := range []struct {
		page, chapter string
		least         int // rows
	}{{"operations.md", "Upgrade", 8}, {"operations.md", "What happens when", 15}, {"features.md", "Rules", 7}, {"features.md", "Promises", 8}} {
		raw, err := os.ReadFile(filepath.Join("..", "docs", c.page))
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(string(raw), "\n## "+c.chapter+"\n")
		text, _, _ = strings.Cut(text, "\n## ")
		rows := 0
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "| ") {
				continue
			}
			if rows++; rows == 1 {
				continue // the head
			}
			tests := testName.FindAllStringSubmatchIndex(line, -1)
			if len(tests) == 0 {
				t.Errorf("%s, %s: no test repeats %.60s…", c.page, c.chapter, line)
			}
			for _, at := range tests {
				test, pkg := line[at[2]:at[3]], "e2e"
				// The package stands behind the last of the names that are in it.
				rest, _, _ := strings.Cut(line[at[1]:], ";")
				if _, named, ok := strings.Cut(rest, "(`./"); ok {
					pkg, _, _ = strings.Cut(named, "`")
				}
				if !has(pkg, test) {
					t.Errorf("%s, %s: ./%s has no %s", c.page, c.chapter, pkg, test)
				}
			}
		}
		if rows-1 < c.least {
			t.Errorf("%s, %s: %d rows are understood", c.page, c.chapter, rows-1)
		}
	}
}
