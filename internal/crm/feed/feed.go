package feed

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
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/store"
)

// feedPage is how many notes and how many events are read at once.
const feedPage = 100

// Feed merges a deal's newest notes and events. An event that only announces a note that is shown is left out. When only
// one half can be read it comes alone (Partial), unless a complete older answer exists.
func (fs *Feeds) Feed(ctx context.Context, leadID int64) (Feed, error) {
	got, err := store.Fetch(ctx, fs.account.Cache(), fs.account.Keys().Feed(leadID), fs.account.AgeOf("leads", leadID), func(ctx context.Context) (Feed, error) {
		return fs.readFeed(ctx, leadID, feedStart, false)
	})
	f := got.Value
	f.At, f.Stale, f.Err = got.At, got.Stale, got.Err
	if half, ok := errors.AsType[*crm.Half[Feed]](err); ok {
		f = half.Got
		f.At = time.Now()
	} else if err != nil {
		return Feed{}, fmt.Errorf("read feed of deal %d: %w", leadID, err)
	}
	f.Items = slices.Clone(f.Items) // callers of one load share its items
	return f, fs.markMine(ctx, leadID, f.Items)
}

// readFeed reads and merges one page of notes and one of events (or of comments alone). When one half can't be read,
// the other comes alone, without a way to go on: in a *crm.Half, or as all there is when that will not change.
func (fs *Feeds) readFeed(ctx context.Context, leadID int64, from feedPlace, comments bool) (Feed, error) {
	var meta crm.Meta
	var moreNotes, moreEvents bool
	var gotNotes []amocrm.Note
	var gotEvents []amocrm.Event
	var notesErr, eventsErr error
	var g errgroup.Group
	g.Go(func() (err error) {
		meta, err = fs.account.Vocabulary(ctx, crm.PartNames|crm.PartLeadFields)
		return err
	})
	if from.notes > 0 {
		g.Go(func() error {
			gotNotes, moreNotes, notesErr = fs.account.API().NotesPage(ctx, "leads", amocrm.ID(leadID), from.notes, feedPage)
			return nil
		})
	}
	if from.events > 0 && !comments {
		g.Go(func() error {
			gotEvents, moreEvents, eventsErr = fs.account.API().EventsPage(ctx, amocrm.ID(leadID), from.events, feedPage)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return Feed{}, err
	}
	if notesErr != nil && (eventsErr != nil || comments) {
		return Feed{}, notesErr
	}
	notes, events := feedItems(fs.account.API().Base(), meta, gotNotes, gotEvents)
	if comments {
		notes = crm.Filter(notes, func(it Item) bool { return it.Kind == KindComment })
	}
	if err := cmp.Or(notesErr, eventsErr); err != nil {
		half := Feed{Items: mergeItems(notes, events), Partial: true}
		if errors.Is(err, amocrm.ErrForbidden) {
			return half, nil // it will not be better the next time
		}
		return Feed{}, &crm.Half[Feed]{Got: half, Err: err}
	}
	items, next := from.cut(
		feedSource{items: notes, page: from.notes, more: moreNotes && len(gotNotes) > 0,
			oldest: oldest(gotNotes, func(n amocrm.Note) int64 { return int64(n.CreatedAt) })},
		feedSource{items: events, page: from.events, more: moreEvents && len(gotEvents) > 0,
			oldest: oldest(gotEvents, func(e amocrm.Event) int64 { return int64(e.CreatedAt) })},
	)
	return Feed{Items: items, Older: next}, nil
}

// feedItems shows notes and events. An event that only announces one of these notes is left out.
func feedItems(base string, m crm.Meta, notes []amocrm.Note, events []amocrm.Event) (fromNotes, fromEvents []Item) {
	shown := map[int64]bool{}
	for _, n := range notes {
		shown[int64(n.ID)] = true
		fromNotes = append(fromNotes, noteItem(m, n))
	}
	for _, e := range events {
		if item, ok := eventItem(base, m, e, shown); ok {
			fromEvents = append(fromEvents, item)
		}
	}
	return fromNotes, fromEvents
}

// mergeItems orders items newest first; in the same second a note stands above the event it caused.
func mergeItems(notes, events []Item) []Item {
	items := slices.Concat(notes, events)
	slices.SortStableFunc(items, func(x, y Item) int { return y.At.Compare(x.At) })
	return items
}

// authored fills what notes and events have in common.
func authored(m crm.Meta, id string, by amocrm.ID, unix amocrm.Unix) Item {
	return Item{ID: id, Author: m.UserName(int64(by)), At: crm.At(unix)}
}

// noteItem shows a note (amocrm.md §6.1). Every type that is not known shows its text.
func noteItem(m crm.Meta, n amocrm.Note) Item {
	p := paramsOf(n.Params)
	it := authored(m, "note-"+crm.Decimal(int64(n.ID)), n.CreatedBy, n.CreatedAt)
	it.Text = p.text("text")
	switch n.Type {
	case "common":
		it.Kind = KindComment
	case "call_in", "call_out":
		it.Kind, it.Key = KindCall, "feed."+n.Type
		it.Duration, it.Link = int(p.number("duration")), fields.WebURL(p.text("link"))
		it.Args = map[string]any{"phone": p.text("phone"), "source": p.text("source"), "duration": p.number("duration")}
		it.Text = crm.FirstText(p.text("call_result"), it.Text)
	case "sms_in", "sms_out":
		it.Kind, it.Key = KindSMS, "feed."+n.Type
		it.Args = map[string]any{"phone": p.text("phone")}
	case "amomail_message":
		it.Kind, it.Key = KindMail, "feed.mail_out"
		if p.flag("income") {
			it.Key = "feed.mail_in"
		}
		it.Args = map[string]any{"subject": p.text("subject"), "from": p.person("from"), "to": p.person("to")}
		it.Text = crm.FirstText(p.text("content_summary"), it.Text)
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
		it.Args = map[string]any{"name": crm.FirstText(p.text("original_name"), p.text("file_name"))}
	default:
		it.Kind, it.Key = KindOther, "feed.note"
		it.Args = map[string]any{"type": strings.ReplaceAll(n.Type, "_", " ")}
	}
	return it
}
