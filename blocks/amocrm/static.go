package amocrm

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/people"
	"github.com/sidecard/sidecard/blocks/amocrm/signin"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/oauth"
)

// staticView is the first screen inside the helpdesk's own page: no script, no frame; everything that acts is a link
// that opens the panel in a new tab at the right place.
type staticView struct {
	People  people.View
	Login   *signin.View
	Problem *ui.ProblemView
	Note    string
	Panel   ui.Plain // absolute address
}

// staticCard answers with the first screen itself.
func (h *Handlers) staticCard(r *ui.PageRequest, note string) error {
	view := staticView{Note: note, Panel: ui.Plain(h.PublicURL + r.Base())}
	if err := h.fillStatic(r, &view); err != nil {
		r.LogProblem(err)
		p := r.Problem(err, string(view.Panel))
		p.URL = view.Panel
		view.Problem = &p
	}
	html, err := r.Render("static_card", view)
	if err != nil {
		return err
	}
	return r.JSON(http.StatusOK, session.Envelope{HTML: strings.TrimSpace(string(html))})
}

func (h *Handlers) fillStatic(r *ui.PageRequest, view *staticView) error {
	account, err := h.account(r)
	if err != nil {
		return err
	}
	login, connected, err := h.signin.State(r.Ctx, r)
	if err != nil {
		return err
	}
	login.URL = ui.Plain(h.PublicURL) + login.URL
	if !connected && !login.Lost {
		view.Login = &login
		return nil
	}
	type result struct {
		people people.View
		err    error
	}
	done := make(chan result, 1)
	ctx, cancel := r.Background(h.Budget - 2*ui.Margin)
	h.Go(func() { // a CRM call that hangs must not hang the answer
		defer cancel()
		people, err := h.people.First(ctx, r, account, h.PublicURL+r.Base())
		done <- result{people, err}
	})
	select {
	case got := <-done:
		if errors.Is(got.err, oauth.ErrNeedsLogin) {
			view.Login = &login
			return nil
		}
		view.People = got.people
		return got.err
	case <-r.Ctx.Done():
		return context.DeadlineExceeded
	}
}
