package ui

import (
	"context"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/i18n"
)

// Page is a page whose data has come: the template and its view model.
type Page struct {
	Name string
	Data any
}

// layout is what stands around a panel or a page of its own window.
type layout struct {
	Lang     i18n.Lang
	Title    string
	Base     Plain  // address of the panel, "" outside a session
	Since    int64  // Unix milliseconds: what changes later is news to the page
	Kind     string // "panel" or "page"
	Content  template.HTML
	NoScript Plain // where a browser without script goes to wait for the data
	Tabs     []tab
	Act      string // what the page's script does: "done" notifies the opener and closes
}

// Render executes a template on what the reader may see of its data.
func (r *PageRequest) Render(name string, data any) (template.HTML, error) {
	return r.Kit.Pages.render(r.Session.Lang, name, Masked(display(r), data))
}

// Show answers with a fragment to htmx and with the whole page to everybody else.
func (r *PageRequest) Show(status int, name string, data any) error {
	html, err := r.Render(name, data)
	if err != nil {
		return err
	}
	if r.HTMX() {
		return r.HTMLBlob(status, []byte(html))
	}
	return r.page(status, layout{Kind: "panel", Content: html})
}

// ShowSheet answers with a page of its own window. act is what its script does, "" for nothing.
func (r *PageRequest) ShowSheet(status int, name, act string, data any) error {
	html, err := r.Render(name, data)
	if err != nil {
		return err
	}
	return r.page(status, layout{Kind: "page", Content: html, Act: act})
}

// ShowOrSkeleton shows what load brings. A full page waits for it only until the first paint and then shows a skeleton that
// fetches the rest; a fragment, or a page asked for with ?wait, waits out the budget and then shows what is up. load goes
// on after the first paint so that its work is not wasted.
func (r *PageRequest) ShowOrSkeleton(skeleton string, load func(ctx context.Context) (Page, error)) error {
	limit := r.Kit.Budget
	first := !r.HTMX() && r.QueryParam("wait") == ""
	if first {
		limit = r.Kit.FirstPaint
	}
	type result struct {
		page Page
		err  error
	}
	done := make(chan result, 1)
	ctx, cancel := r.Background(r.Kit.Budget - Margin)
	r.Kit.Go(func() {
		defer cancel()
		page, err := load(ctx)
		done <- result{page, err}
	})
	select {
	case got := <-done:
		if got.err != nil {
			return r.Fail(got.err, r.Request().URL.Path)
		}
		return r.Show(http.StatusOK, got.page.Name, got.page.Data)
	case <-time.After(limit):
		if !first {
			return r.Fail(context.DeadlineExceeded, r.Request().URL.Path)
		}
		return r.skeleton(skeleton)
	}
}

// skeleton returns the page in the shape of what is on its way.
func (r *PageRequest) skeleton(name string) error {
	url, query := r.Request().URL.Path, r.QueryParams()
	query.Del("fresh") // the cache is past already
	self := func() Plain {
		if len(query) == 0 {
			return Plain(url)
		}
		return Plain(url + "?" + query.Encode())
	}
	html, err := r.Render(name, map[string]Plain{"URL": self()})
	if err != nil {
		return err
	}
	query.Set("wait", "1")
	return r.page(http.StatusOK, layout{Kind: "panel", Content: html, NoScript: self()})
}

func (r *PageRequest) page(status int, l layout) error {
	l.Lang, l.Title, l.Since = r.Session.Lang, r.T("title"), r.Kit.Now().UnixMilli()
	if r.Session.ID != "" {
		l.Base = Plain(r.Base())
	}
	if l.Kind == "panel" {
		l.Tabs = tabs(r)
	}
	html, err := r.Render("layout", l)
	if err != nil {
		return err
	}
	return r.HTMLBlob(status, []byte(html))
}

// Link leads to a page of a block from another block's.
type Link struct {
	Path string // below the session's address
	Icon string
	Text string // catalogue key
}

// tab leads to a section of the panel.
type tab struct {
	Href       Plain
	Icon, Text string
	On         bool
}

// tabs returns the client's section and those that blocks contribute; nil without any of these. They load the whole page, so that
// the chosen one is marked without script too.
func tabs(r *PageRequest) []tab {
	if len(r.Kit.Sections) == 0 || r.Session.ID == "" {
		return nil
	}
	list, below := []tab{{Href: Plain(r.Base()), Icon: "person", Text: "sections.client", On: true}}, r.Request().URL.Path+"/"
	for _, s := range r.Kit.Sections {
		on := strings.HasPrefix(below, r.Base()+s.Path+"/")
		list[0].On = list[0].On && !on
		list = append(list, tab{Plain(r.Base() + s.Path), s.Icon, s.Text, on})
	}
	return list
}
