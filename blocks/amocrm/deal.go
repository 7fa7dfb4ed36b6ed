package amocrm

import (
	"context"
	"errors"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/i18n"
)

func unix(seconds float64) time.Time { return time.Unix(int64(seconds), 0) }

// deal is a deal opened in the panel: GET …/deals/:id. The card and its feed are read side by side; a feed that fails
// doesn't hide the card.
func (h *Handlers) deal(v *visit) error {
	id := number(v.Param("id"))
	if id == 0 {
		return v.fail(crm.ErrGone, "")
	}
	ask := v.feedAsk()
	return v.paint("deal_loading", func(ctx context.Context) (loaded, error) {
		view, err := v.card(ctx, id, ask)
		switch {
		case errors.Is(err, crm.ErrGone):
			return loaded{}, errors.Join(err, h.Sessions.SetPlace(ctx, v.session, ""))
		case err != nil:
			return loaded{}, err
		}
		err = h.Sessions.SetPlace(ctx, v.session, "deal:"+strconv.FormatInt(id, 10))
		return loaded{"deal", view}, err
	})
}

// card reads a deal, its tasks and its feed side by side. Tasks and feed that fail don't hide the card.
func (v *visit) card(ctx context.Context, id int64, ask feedAsk) (cardView, error) {
	var view cardView
	var tasks crm.Tasks
	var feed crm.Feed
	var tasksErr, feedErr error
	var all errgroup.Group
	all.Go(func() (err error) {
		view, err = v.bareCard(ctx, id)
		return err
	})
	all.Go(func() error {
		tasks, tasksErr = v.crm.Tasks(ctx, id)
		return nil
	})
	all.Go(func() error {
		feed, feedErr = v.readFeed(ctx, id, ask)
		return nil
	})
	if err := all.Wait(); err != nil {
		return cardView{}, err
	}
	f := v.formatIn(ctx)
	view.Tasks = v.tasksOrProblem(f, id, tasks, tasksErr)
	view.Feed = v.feedOrProblem(f, id, feed, ask, feedErr)
	return view, nil
}

// bareCard is the card without tasks and feed.
func (v *visit) bareCard(ctx context.Context, id int64) (cardView, error) {
	card, err := v.crm.Deal(ctx, id)
	if err != nil {
		return cardView{}, err
	}
	f := v.formatIn(ctx)
	view := dealPage(f, v.base(), card)
	v.layCard(ctx, f, &view, card)
	return view, nil
}

// readFeed reads the part of the feed that is asked for.
func (v *visit) readFeed(ctx context.Context, id int64, ask feedAsk) (crm.Feed, error) {
	if ask.before == "" {
		return v.crm.Feed(ctx, id)
	}
	return v.crm.FeedOlder(ctx, id, ask.before, ask.only != "")
}

// feedOrProblem is the feed, or why there is none. A comment can be written either way.
func (v *visit) feedOrProblem(f i18n.Format, id int64, feed crm.Feed, ask feedAsk, err error) feedView {
	view := feedPage(f, v.base(), id, feed, ask)
	if err != nil {
		_, _, _, known := problemCode(err)
		v.h.note(v.ctx, err, known, v.session.TenantID)
		p := v.problem(err, string(view.URL))
		p.Action, p.URL = v.t("retry"), view.URL
		view.Problem = &p
	}
	return view
}

// feed is the feed alone, or what is older than a place in it: GET …/deals/:id/feed?only=comments&before=….
func (h *Handlers) feed(v *visit) error {
	id := number(v.Param("id"))
	if id == 0 {
		return v.fail(crm.ErrGone, "")
	}
	ask := v.feedAsk()
	if !isHTMX(v.Context) {
		return see(v, v.dealURL(id)+ask.query())
	}
	feed, err := v.readFeed(v.ctx, id, ask)
	view := v.feedOrProblem(v.format(), id, feed, ask, err)
	if ask.before == "" {
		return v.show(200, "feed_list", view)
	}
	if len(view.Items) > 0 {
		view.Items[0].Focus = true
	}
	return v.show(200, "feed_more", view)
}
