package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/store"
)

const (
	feedNotes  = 100
	feedEvents = 100
	feedMax    = 150
)

func (a *Account) feedKey(leadID int64) string { return a.cacheKey("feed", decimal(leadID)) }

// Feed merges a deal's newest notes and events. An event that only announces a note that is shown is left out. When only
// one half can be read it comes alone (Partial), unless a complete older answer exists.
func (a *Account) Feed(ctx context.Context, leadID int64) (Feed, error) {
	got, err := store.Fetch(ctx, a.b.Cache, a.feedKey(leadID), a.freshData(), func(ctx context.Context) (Feed, error) {
		return a.loadFeed(ctx, leadID)
	})
	var half *halfFeed
	f := got.Value
	f.At, f.Stale, f.Err = got.At, got.Stale, got.Err
	switch {
	case err != nil && errors.As(err, &half):
		f = half.feed
		f.At = time.Now()
	case err != nil:
		return Feed{}, fmt.Errorf("read feed of deal %d: %w", leadID, err)
	}
	return f, nil
}

// halfFeed carries a feed of which one half could not be read.
type halfFeed struct {
	feed Feed
	err  error
}

func (h *halfFeed) Error() string { return h.err.Error() }
func (h *halfFeed) Unwrap() error { return h.err }

func (a *Account) loadFeed(ctx context.Context, leadID int64) (Feed, error) {
	var meta Meta
	var notes []amocrm.Note
	var events []amocrm.Event
	var notesErr, eventsErr error
	var g errgroup.Group
	g.Go(func() (err error) {
		meta, err = a.meta(ctx, partNames|partLeadFields)
		return err
	})
	g.Go(func() error {
		notes, notesErr = a.api.Notes(ctx, "leads", amocrm.ID(leadID), feedNotes)
		return nil
	})
	g.Go(func() error {
		events, eventsErr = a.api.Events(ctx, "lead", []amocrm.ID{amocrm.ID(leadID)}, feedEvents)
		return nil
	})
	if err := g.Wait(); err != nil {
		return Feed{}, err
	}
	if notesErr != nil && eventsErr != nil {
		return Feed{}, notesErr
	}
	f := Feed{Items: mergeFeed(a.tenant.AmoBase, meta, notes, events)}
	half := cmp.Or(notesErr, eventsErr)
	if half == nil {
		return f, nil
	}
	f.Partial = true
	if errors.Is(half, amocrm.ErrForbidden) {
		return f, nil // it will not be better the next time
	}
	return Feed{}, &halfFeed{f, half}
}

// mergeFeed orders notes and events newest first; in the same second a note stands above the event it caused.
func mergeFeed(base string, m Meta, notes []amocrm.Note, events []amocrm.Event) []FeedItem {
	var items []FeedItem
	shown := map[int64]bool{}
	for _, n := range notes {
		shown[int64(n.ID)] = true
		items = append(items, noteItem(m, n))
	}
	for _, e := range events {
		if item, ok := eventItem(base, m, e, shown); ok {
			items = append(items, item)
		}
	}
	slices.SortStableFunc(items, func(x, y FeedItem) int { return y.At.Compare(x.At) })
	return firstN(items, feedMax)
}

// authored fills what notes and events have in common.
func authored(m Meta, id string, by amocrm.ID, unix int64) FeedItem {
	return FeedItem{
		ID: id, Author: m.UserName(int64(by)), At: at(unix),
		Mine: by != 0 && by == m.Account.CurrentUserID,
	}
}

// noteItem shows a note (amocrm.md §6.1). Every type that is not known shows its text.
func noteItem(m Meta, n amocrm.Note) FeedItem {
	p := paramsOf(n.Params)
	it := authored(m, "note-"+decimal(int64(n.ID)), n.CreatedBy, n.CreatedAt)
	it.Text = p.text("text")
	switch n.Type {
	case "common":
		it.Kind = KindComment
	case "call_in", "call_out":
		it.Kind, it.Key = KindCall, "feed."+n.Type
		it.Duration, it.Link = int(p.number("duration")), webURL(p.text("link"))
		it.Args = map[string]any{"phone": p.text("phone"), "source": p.text("source"), "duration": p.number("duration")}
		it.Text = firstText(p.text("call_result"), it.Text)
	case "sms_in", "sms_out":
		it.Kind, it.Key = KindSMS, "feed."+n.Type
		it.Args = map[string]any{"phone": p.text("phone")}
	case "amomail_message":
		it.Kind, it.Key = KindMail, "feed.mail_out"
		if p.flag("income") {
			it.Key = "feed.mail_in"
		}
		it.Args = map[string]any{"subject": p.text("subject"), "from": p.person("from"), "to": p.person("to")}
		it.Text = firstText(p.text("content_summary"), it.Text)
	case "service_message", "extended_service_message":
		it.Kind, it.Key = KindService, "feed.service"
		it.Args = map[string]any{"service": p.text("service")}
	case "message_cashier":
		it.Kind, it.Key = KindService, "feed.cashier"
		it.Args = map[string]any{"status": p.text("status")}
	case "geolocation":
		it.Kind, it.Key = KindOther, "feed.geolocation"
		it.Args = map[string]any{"address": p.text("address")}
	case "attachment":
		it.Kind, it.Key = KindOther, "feed.attachment"
		it.Args = map[string]any{"name": firstText(p.text("original_name"), p.text("file_name"))}
	default:
		it.Kind, it.Key = KindOther, "feed.note"
		it.Args = map[string]any{"type": strings.ReplaceAll(n.Type, "_", " ")}
	}
	return it
}
