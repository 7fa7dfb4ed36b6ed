package deal

import (
	"context"
	"errors"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/rows"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/tasks"
)

// show serves a deal opened in the panel: GET …/deals/:id. The card and its feed are read side by side; a feed that fails
// doesn't hide the card.
func (h *Handlers) show(r *request) error {
	if r.id == 0 {
		return r.Fail(crm.ErrGone, "")
	}
	ask := feed.Asked(r.PageRequest)
	return r.ShowOrSkeleton("deal_loading", func(ctx context.Context) (ui.Page, error) {
		view, err := r.card(ctx, ask)
		switch {
		case errors.Is(err, crm.ErrGone):
			return ui.Page{}, errors.Join(err, h.Sessions.SetPlace(ctx, r.Session, ""))
		case err != nil:
			return ui.Page{}, err
		}
		err = h.Sessions.SetPlace(ctx, r.Session, "deal:"+strconv.FormatInt(r.id, 10))
		return ui.Page{Name: "deal", Data: view}, err
	})
}

// card reads a deal, its tasks and its feed side by side. Tasks and feed that fail don't hide the card.
func (r *request) card(ctx context.Context, ask feed.Ask) (cardView, error) {
	var view cardView
	var tasks tasks.List
	var part feed.Part
	var tasksErr error
	var all errgroup.Group
	all.Go(func() (err error) {
		view, err = r.bareCard(ctx)
		return err
	})
	all.Go(func() error {
		tasks, tasksErr = r.crm.Tasks(ctx, r.id)
		return nil
	})
	all.Go(func() error {
		part = feed.Read(ctx, r.crm, r.id, ask)
		return nil
	})
	if err := all.Wait(); err != nil {
		return cardView{}, err
	}
	f := r.FormatIn(ctx)
	view.Tasks = r.tasksOrProblem(f, tasks, tasksErr)
	view.Feed = part.View(r.PageRequest, f)
	return view, nil
}

// bareCard returns the card without tasks and feed.
func (r *request) bareCard(ctx context.Context) (cardView, error) {
	card, err := r.crm.Deal(ctx, r.id)
	if err != nil {
		return cardView{}, err
	}
	f := r.FormatIn(ctx)
	view := dealPage(f, r.Base(), card)
	rows.LayCard(f, rows.Layout(ctx, r.PageRequest, r.crm, r.crm.Tenant().Settings.CardLayout), &view.Row, card)
	return view, nil
}

// showFeed serves the feed alone, or what is older than a place in it: GET …/deals/:id/feed?only=comments&before=….
func (h *Handlers) showFeed(r *request) error {
	if r.id == 0 {
		return r.Fail(crm.ErrGone, "")
	}
	ask := feed.Asked(r.PageRequest)
	if !r.HTMX() {
		return r.SeeOther(r.dealURL() + ask.Query())
	}
	view := feed.Read(r.Ctx, r.crm, r.id, ask).View(r.PageRequest, r.Format())
	if ask.Before == "" {
		return r.Show(200, "feed_list", view)
	}
	if len(view.Items) > 0 {
		view.Items[0].Focus = true
	}
	return r.Show(200, "feed_more", view)
}
