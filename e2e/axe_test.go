package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/sidecard/sidecard/e2e/rig"
)

// installAxe installs the pinned axe-core, once for all tests, and returns its script. It is a tool of the tests alone and is
// kept out of the repository.
var installAxe = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"package.json", "package-lock.json"} {
		raw, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), raw, 0o600)
		}
		if err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", dir)
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s\naxe-core could not be installed; `make test` says what it needs", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	return string(raw), err
})

// finding is one rule that a page breaks.
type finding struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => ({
	id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 160) + " :: " + (n.any[0] ? n.any[0].message : ""))}))))`

// audit runs axe-core, which withAxe has put there, on the page that the tab shows and reports what is serious.
func (b *browser) audit(name string) {
	b.t.Helper()
	var raw string
	b.do("audit "+name, chromedp.Evaluate(runAxe, &raw,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	b.judge(name, raw)
}

// judge reports the serious findings of an audit.
func (b *browser) judge(name, raw string) {
	b.t.Helper()
	var findings []finding
	if err := json.Unmarshal([]byte(raw), &findings); err != nil {
		b.t.Fatalf("%s: %v in %q", name, err, raw)
	}
	for _, f := range findings {
		if f.Impact == "serious" || f.Impact == "critical" {
			b.t.Errorf("%s: %s (%s): %s\n  %s", name, f.ID, f.Impact, f.Help, strings.Join(f.Nodes, "\n  "))
		}
	}
}

var storyScene = regexp.MustCompile(`data-scene="([^"]+)"`)

// storyScenes are the names of the states that the storybook shows in a language.
func storyScenes(t *testing.T, w *suite, lang string) []string {
	t.Helper()
	_, index := w.Get(http.DefaultClient, w.Replicas[0]+"/storybook?lang="+lang)
	var names []string
	for _, m := range storyScene.FindAllStringSubmatch(index, -1) {
		names = append(names, m[1])
	}
	if len(names) < 10 {
		t.Fatalf("the storybook shows %d states only:\n%s", len(names), index)
	}
	return names
}

func TestAccessibility_everyStateInLightAndDark(t *testing.T) {
	t.Parallel()
	w := &suite{rig.Demo(t, t.TempDir(), nil)}
	b := newBrowser(t)
	b.withAxe()
	b.do("narrow the window", chromedp.EmulateViewport(300, 900))
	// What axe judges is the same in every language but for the words that only readers of screens hear.
	for lang, theme := range map[string]string{"en": "light", "ru": "dark"} {
		for _, name := range storyScenes(t, w, lang) {
			b.do("open "+name, chromedp.Navigate(fmt.Sprintf("%s/storybook/frame?scene=%s&lang=%s&theme=%s", w.Replicas[0], name, lang, theme)))
			b.audit(name + " " + lang + " " + theme)
		}
	}
}
