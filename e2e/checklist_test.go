package e2e

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// read is a whole answer as text.
func (w *suite) read(res *http.Response) string {
	w.T.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.T.Fatal(err)
	}
	return string(body)
}

// arrived is the page that a request ended at, waited for when its data were still on their way.
func (w *suite) arrived(res *http.Response) string {
	w.T.Helper()
	page := w.read(res)
	res.Body.Close()
	if !strings.Contains(page, `data-view="loading"`) {
		return page
	}
	address := *res.Request.URL
	q := address.Query()
	q.Set("wait", "1")
	address.RawQuery = q.Encode()
	_, page = w.Get(http.DefaultClient, address.String())
	return page
}

// ticket opens a scenario's ticket in the helpdesk.
func (b *browser) ticket(w *suite, scenario string) {
	b.t.Helper()
	b.do("open the ticket", chromedp.Navigate(fmt.Sprintf("%s/tickets/%d", w.Desk, w.Ticket(scenario))))
}

// testsIn are the names of all test functions in the sources.
func testsIn(t *testing.T, root string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var (
	featureRow = regexp.MustCompile(`(?m)^\| (\d+) \|(.*)\|$`)
	testName   = regexp.MustCompile("`(Test[A-Za-z0-9_]+)`")
)

// The lines that are about people or about another system's settings; no software can fulfil them.
var noSoftware = map[int]bool{26: true, 34: true}

func TestChecklist_everyLineHasATest(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "docs", "features.md"))
	if err != nil {
		t.Fatal(err)
	}
	have := testsIn(t, "..")
	seen := map[int]bool{}
	for _, row := range featureRow.FindAllStringSubmatch(string(raw), -1) {
		n, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		if n > 36 { // rules: TestHandbook_everyRowNamesTestsThatExist
			continue
		}
		seen[n] = true
		own := false
		for _, m := range testName.FindAllStringSubmatch(row[2], -1) {
			own = own || strings.HasPrefix(m[1], fmt.Sprintf("TestChecklist%02d_", n))
			if !have[m[1]] {
				t.Errorf("line %d names %s, which no source has", n, m[1])
			}
		}
		if own == noSoftware[n] {
			t.Errorf("line %d: has a test with its number: %v, is no software: %v", n, own, noSoftware[n])
		}
	}
	for n := 1; n <= 36; n++ {
		if !seen[n] {
			t.Errorf("docs/features.md has no line %d", n)
		}
	}
}
