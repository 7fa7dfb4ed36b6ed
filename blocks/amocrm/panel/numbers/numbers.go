// Package numbers is the page on phones and e-mail addresses: how one is read and whom it finds, the contacts whose phones can't be
// read, to mend one by one, and the contacts that have a line in common.
//
// It refuses to know how lines are compared and where the lists come from: that is internal/crm/people.
//
// Invariants: what is typed stands in no address; to mend a phone is not offered to a reader who may not see it; a form sent twice acts once.
package numbers

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/runes"
)

// CRM is what the page asks of an account.
type CRM interface {
	LookUp(ctx context.Context, text string) (people.Looked, error)
	Unread(ctx context.Context, page int) (people.Listed[people.Unread], error)
	Shared(ctx context.Context, page int) (people.Listed[people.Group], error)
	MendPhone(ctx context.Context, contactID int64, old, mended string) error
}

// maxTyped bounds what is typed, in characters.
const maxTyped = 300

// Handlers serve the page. All members are needed.
type Handlers struct {
	*ui.Kit
	Account func(*ui.PageRequest) (CRM, error)
}

func (h *Handlers) Mount(g route.Group) {
	g.GET("/numbers", h.withAccount(h.show))
	g.POST("/numbers", h.withAccount(h.check))
	g.POST("/numbers/mend", h.withAccount(h.mend))
}

type request struct {
	*ui.PageRequest
	crm CRM
}

func (h *Handlers) withAccount(next func(*request) error) echo.HandlerFunc {
	return ui.WithAccount(h.Kit, h.Account, func(page *ui.PageRequest, account CRM) error {
		return next(&request{page, account})
	})
}

// show serves the lists: GET …/numbers?unread=2&shared=1, by their pages.
func (h *Handlers) show(r *request) error {
	at, saved := r.pages(r.QueryParam), r.QueryParam("done") == "saved"
	return r.ShowOrSkeleton("form_loading", func(ctx context.Context) (ui.Page, error) {
		view, err := r.lists(ctx, at)
		view.Saved = saved
		return ui.Page{Name: "numbers", Data: view}, err
	})
}

// listPages are the pages of the two lists that are shown.
type listPages struct{ unread, shared int }

func (r *request) pages(value func(string) string) listPages {
	return listPages{int(ui.Number(value("unread"))), int(ui.Number(value("shared")))}
}

// path leads to the lists.
func (r *request) path(at listPages) string {
	return r.Base() + "/numbers?unread=" + strconv.Itoa(at.unread) + "&shared=" + strconv.Itoa(at.shared)
}

func (r *request) lists(ctx context.Context, at listPages) (view, error) {
	var unread people.Listed[people.Unread]
	var shared people.Listed[people.Group]
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { unread, err = r.crm.Unread(gctx, at.unread); return err })
	g.Go(func() (err error) { shared, err = r.crm.Shared(gctx, at.shared); return err })
	if err := g.Wait(); err != nil {
		return view{}, err
	}
	return r.listsView(r.FormatIn(ctx), unread, shared), nil
}

// check says how what was typed is read and whom it finds: POST …/numbers.
func (h *Handlers) check(r *request) error {
	typed := runes.First(strings.TrimSpace(r.FormValue("q")), maxTyped)
	out := view{Base: ui.Plain(r.Base()), Typed: ui.Plain(typed)}
	found, err := r.crm.LookUp(r.Ctx, typed)
	switch {
	case errors.Is(err, crm.ErrEmptyQuery):
		out.Error = r.T("numbers.empty")
	case err != nil:
		return r.Fail(err, r.Base()+"/numbers")
	default:
		out.Looked = lookedView(r.Format(), found)
	}
	return r.Show(http.StatusOK, "numbers", out)
}

// mend puts a phone in the place of one that can't be read: POST …/numbers/mend. One that can't be read either comes back as typed.
func (h *Handlers) mend(r *request) error {
	at := r.pages(r.FormValue)
	id, old := ui.Number(r.FormValue("contact")), r.FormValue("old")
	typed := runes.First(strings.TrimSpace(r.FormValue("phone")), maxTyped)
	_, err := r.Once(func(ctx context.Context) (string, error) { return "saved", r.crm.MendPhone(ctx, id, old, typed) })
	if _, refused := errors.AsType[*crm.FieldErrors](err); refused {
		ctx, cancel := r.Background(h.Budget)
		defer cancel()
		view, listErr := r.lists(ctx, at)
		if listErr != nil {
			return r.Fail(listErr, r.path(at))
		}
		view.refuse(r.FormatIn(ctx), id, old, typed)
		return r.Show(http.StatusOK, "numbers", view)
	}
	if err != nil {
		return r.Fail(err, r.path(at))
	}
	return r.SeeOther(r.path(at) + "&done=saved")
}

// Templates are those of the page.
//
//go:embed templates/*.html
var Templates embed.FS
