package e2e

import (
	"context"
	"errors"
	"fmt"
	"github.com/sidecard/sidecard/e2e/rig"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// limit ends a step that does not come to its end. It bounds failures only: no step that works waits for it.
const limit = time.Minute

// browser is one tab of a headless Chromium.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// browsers bounds how many run at once: more of them on two cores only take the time from all the other tests.
var browsers = make(chan struct{}, 4)

// newBrowser starts a Chromium of its own. Every step has a limit, so a page that hangs fails the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	browsers <- struct{}{}
	t.Cleanup(func() { <-browsers })
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1280, 1000), // no UserDataDir: processes of an ended Chromium may still write to its folder
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-popup-blocking", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(60*time.Second),
	)
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancelAlloc)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return b
}

// do runs actions within the limit.
func (b *browser) do(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.picture("failed")
		b.t.Fatalf("%s: %v", what, err)
	}
}

// until waits until an expression of the page is true.
func until(expression string) chromedp.Action {
	return chromedp.Poll(expression, nil, chromedp.WithPollingTimeout(limit))
}

// panel finds the block's frame anew: a refresh of the block replaces it.
func (b *browser) panel() *cdp.Node {
	b.t.Helper()
	var frames []*cdp.Node
	b.do("find the block's frame", chromedp.Nodes(".dynamic-block iframe", &frames, chromedp.ByQuery))
	return frames[0]
}

// inPanel repeats a step in the block's frame until it succeeds, since the frame may be replaced under it.
func (b *browser) inPanel(what string, step func(in chromedp.QueryOption) []chromedp.Action) {
	b.t.Helper()
	var last error
	deadline := time.Now().Add(limit)
	for patience := 3 * time.Second; time.Now().Before(deadline); patience *= 2 { // a slow machine needs a longer look
		frame := b.panel()
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		last = chromedp.Run(ctx, step(chromedp.FromNode(frame))...)
		cancel()
		if last == nil {
			return
		}
	}
	b.picture("failed")
	b.t.Fatalf("%s: %v", what, last)
}

func (b *browser) see(selector string) {
	b.t.Helper()
	b.inPanel("see "+selector, func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.WaitVisible(selector, chromedp.ByQuery, in)}
	})
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.inPanel("click "+selector, func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.QueryAfter(selector, press, chromedp.NodeVisible, chromedp.ByQuery, in)}
	})
}

var errMissed = errors.New("the click has not met its element")

// press clicks an element that was found. Once found the click is carried through, however late it is: a search that begins
// anew after half a click would click twice. A click that went past, since the page moved under it, is an error: it may be
// made again.
func press(ctx context.Context, _ runtime.ExecutionContextID, nodes ...*cdp.Node) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	object, err := dom.ResolveNode().WithNodeID(nodes[0].NodeID).Do(ctx)
	if err != nil {
		return err
	}
	const watch = `function () { this.met = false; this.addEventListener("click", () => { this.met = true; }, {once: true, capture: true}); }`
	if _, _, err := runtime.CallFunctionOn(watch).WithObjectID(object.ObjectID).Do(ctx); err != nil {
		return err
	}
	if err := chromedp.MouseClickNode(nodes[0]).Do(ctx); err != nil {
		return err
	}
	met, _, err := runtime.CallFunctionOn(`function () { return this.met; }`).WithObjectID(object.ObjectID).WithReturnByValue(true).Do(ctx)
	if err == nil && string(met.Value) == "false" {
		return errMissed
	}
	return nil // an element that can't be asked any more has left with its page, which is what a click may lead to
}

// hit clicks an element of the page, and looks for it anew when it was replaced after it was found.
func (b *browser) hit(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	for {
		err := chromedp.Run(ctx, chromedp.QueryAfter(selector, press, chromedp.NodeVisible, chromedp.ByQuery))
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			b.picture("failed")
			b.t.Fatalf("press %s: %v", selector, err)
		}
	}
}

// clickIfThere clicks what may be gone by now: the answer to an earlier click can replace it at any moment.
func (b *browser) clickIfThere(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	err := chromedp.Run(ctx, chromedp.QueryAfter(selector, press, chromedp.NodeVisible, chromedp.ByQuery, chromedp.FromNode(b.panel())))
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		b.t.Logf("click %s: %v", selector, err)
	}
}

// enter replaces what a field of the panel holds.
func (b *browser) enter(selector, text string) {
	b.t.Helper()
	b.inPanel("fill "+selector, func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{
			// Marked, what the field holds is replaced by typing.
			chromedp.QueryAfter(selector, on(`function () { this.select(); }`), chromedp.ByQuery, in),
			chromedp.QueryAfter(selector, keys(text), chromedp.NodeVisible, chromedp.ByQuery, in),
		}
	})
}

// on runs a function of the page with the element that was found as its this, and carries it through as press does.
func on(function string) func(context.Context, runtime.ExecutionContextID, ...*cdp.Node) error {
	return func(ctx context.Context, _ runtime.ExecutionContextID, nodes ...*cdp.Node) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		object, err := dom.ResolveNode().WithNodeID(nodes[0].NodeID).Do(ctx)
		if err != nil {
			return err
		}
		_, thrown, err := runtime.CallFunctionOn(function).WithObjectID(object.ObjectID).Do(ctx)
		if err == nil && thrown != nil {
			err = thrown
		}
		return err
	}
}

// keys types into an element that was found, once: what is half typed would be typed again by a search that begins anew.
func keys(text string) func(context.Context, runtime.ExecutionContextID, ...*cdp.Node) error {
	return func(ctx context.Context, _ runtime.ExecutionContextID, nodes ...*cdp.Node) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		return chromedp.KeyEventNode(nodes[0], text).Do(ctx)
	}
}

// text reads the panel.
func (b *browser) text() string {
	b.t.Helper()
	var s string
	b.inPanel("read the panel", func(in chromedp.QueryOption) []chromedp.Action {
		return []chromedp.Action{chromedp.Text("#panel", &s, chromedp.ByQuery, in)}
	})
	return s
}

// waitText waits until the panel says something.
func (b *browser) waitText(want string) {
	b.t.Helper()
	rig.Eventually(b.t, limit, fmt.Sprintf("the panel says %q; it says %q", want, b.text()), func() bool {
		return strings.Contains(b.text(), want)
	})
}

// popup runs f in the window that act opens.
func (b *browser) popup(act func(), f func(p *browser)) {
	b.t.Helper()
	opened := chromedp.WaitNewTarget(b.ctx, func(i *target.Info) bool { return i.Type == "page" && i.URL != "" })
	act()
	select {
	case id := <-opened:
		ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
		defer cancel()
		if err := chromedp.Run(ctx); err != nil { // attached for good: a step's own context would end the tab with the step
			b.t.Fatalf("attach to the window: %v", err)
		}
		f(&browser{t: b.t, ctx: ctx})
	case <-time.After(limit):
		b.picture("no-popup")
		b.t.Fatal("no window opened")
	}
}

// allow consents in amoCRM's window and waits until that has closed by itself, two seconds after its last words. It does
// not look into the window meanwhile: chromedp never comes back from a window that closes while it is being read.
func (b *browser) allow() {
	b.t.Helper()
	b.do("find amoCRM's question", chromedp.WaitVisible(`select`, chromedp.ByQuery))
	b.hit(`button[value="allow"]`)
	for deadline := time.Now().Add(limit); b.open(); {
		if time.Now().After(deadline) {
			b.picture("failed")
			b.t.Fatal("the login does not come to its end")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// open says whether the tab still exists.
func (b *browser) open() bool {
	b.t.Helper()
	all, err := chromedp.Targets(b.ctx)
	if err != nil {
		b.t.Fatalf("list the tabs: %v", err)
	}
	own := chromedp.FromContext(b.ctx).Target.TargetID
	return slices.ContainsFunc(all, func(i *target.Info) bool { return i.TargetID == own })
}

// picture saves what the browser shows, for the person who reads a failed run.
func (b *browser) picture(name string) {
	dir := os.Getenv("E2E_PICTURES")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	var png []byte
	if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		b.t.Logf("picture %s: %v", name, err)
		return
	}
	file := filepath.Join(dir, strings.ReplaceAll(b.t.Name(), "/", "_")+"-"+name+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.t.Logf("picture %s: %v", name, err)
	}
}
