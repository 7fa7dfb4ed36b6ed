package amocrm

import (
	"context"
	"errors"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/bridge"
)

func unix(seconds float64) time.Time { return time.Unix(int64(seconds), 0) }

// deal is a deal opened in the panel: GET …/deals/:id. The card and its feed are read side by side; a feed that fails
// doesn't hide the card.
func (h *Handlers) deal(v *visit) error {
	id := number(v.Param("id"))
	if id == 0 {
		return v.fail(bridge.ErrGone, "")
	}
	return v.paint("deal_loading", func(ctx context.Context) (loaded, error) {
		view, err := v.card(ctx, id)
		switch {
		case errors.Is(err, bridge.ErrGone):
			return loaded{}, errors.Join(err, h.Sessions.SetPlace(ctx, v.session, ""))
		case err != nil:
			return loaded{}, err
		}
		err = h.Sessions.SetPlace(ctx, v.session, "deal:"+strconv.FormatInt(id, 10))
		return loaded{"deal", view}, err
	})
}

func (v *visit) card(ctx context.Context, id int64) (cardView, error) {
	var card bridge.DealCard
	var feed bridge.Feed
	var feedErr error
	var both errgroup.Group
	both.Go(func() (err error) {
		card, err = v.crm.Deal(ctx, id)
		return err
	})
	both.Go(func() error {
		feed, feedErr = v.crm.Feed(ctx, id)
		return nil
	})
	if err := both.Wait(); err != nil {
		return cardView{}, err
	}
	f := v.formatIn(ctx)
	view := dealPage(f, v.base(), card)
	view.Feed = v.feedOrProblem(f, id, feed, feedErr)
	return view, nil
}

// feedOrProblem is the feed, or why there is none. A comment can be written either way.
func (v *visit) feedOrProblem(f blocks.Format, id int64, feed bridge.Feed, err error) feedView {
	view := feedPage(f, v.base(), id, feed)
	if err != nil {
		_, _, _, known := problemCode(err)
		v.h.note(err, known, v.session.TenantID)
		p := v.problem(err, view.URL)
		p.Action, p.URL = v.t("retry"), view.URL
		view.Problem = &p
	}
	return view
}

// feed is the feed alone: GET …/deals/:id/feed.
func (h *Handlers) feed(v *visit) error {
	id := number(v.Param("id"))
	if id == 0 {
		return v.fail(bridge.ErrGone, "")
	}
	if !isHTMX(v.Context) {
		return see(v, v.base()+"/deals/"+strconv.FormatInt(id, 10))
	}
	feed, err := v.crm.Feed(v.ctx, id)
	return v.show(200, "feed", v.feedOrProblem(v.format(), id, feed, err))
}
