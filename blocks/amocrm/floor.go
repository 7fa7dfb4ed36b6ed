package amocrm

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
)

// floorView is the first screen inside the helpdesk's own page: no script, no frame; everything that acts is a link
// that opens the panel in a new tab at the right place.
type floorView struct {
	People  peopleView
	Login   *loginView
	Problem *problemView
	Note    string
	Panel   ui.Plain // absolute address
}

// floor answers with the first screen itself.
func (v *visit) floor(note string) error {
	view := floorView{Note: note, Panel: ui.Plain(v.h.PublicURL + v.base())}
	if err := v.fillFloor(&view); err != nil {
		_, _, _, known := problemCode(err)
		v.h.note(v.ctx, err, known, v.session.TenantID)
		p := v.problem(err, string(view.Panel))
		p.URL = view.Panel
		view.Problem = &p
	}
	html, err := v.render("floor", view)
	if err != nil {
		return err
	}
	return v.JSON(http.StatusOK, session.Envelope{HTML: strings.TrimSpace(string(html))})
}

func (v *visit) fillFloor(view *floorView) (err error) {
	if err := v.account(v.ctx); err != nil {
		return err
	}
	login, connected, err := v.loginState(v.ctx)
	if err != nil {
		return err
	}
	login.URL = ui.Plain(v.h.PublicURL) + login.URL
	if !connected && !login.Lost {
		view.Login = &login
		return nil
	}
	type result struct {
		people peopleView
		err    error
	}
	done := make(chan result, 1)
	v.h.reads.Add(1)
	ctx, cancel := v.owned(v.h.Budget - 2*grace)
	go func() { // a CRM call that hangs must not hang the answer
		defer v.h.reads.Done()
		defer cancel()
		people, err := v.peopleAt(ctx, v.h.PublicURL+v.base())
		done <- result{people, err}
	}()
	select {
	case r := <-done:
		if errors.Is(r.err, oauth.ErrNeedsLogin) {
			view.Login = &login
			return nil
		}
		view.People = r.people
		return r.err
	case <-v.ctx.Done():
		return context.DeadlineExceeded
	}
}
