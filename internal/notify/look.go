package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/tenant"
)

const (
	lockFor  = 30 * time.Second       // a crashed replica keeps the others from a tenant
	lockWait = 500 * time.Millisecond // for one that is at it; it, or the next sweep, sees what we saw
)

// reasonOf finds the job whose reason a message gives.
var reasonOf = map[Event]struct {
	state ledger.State
	label ledger.Label
}{
	EventFailed:  {state: ledger.StateFailed},
	EventRemarks: {label: ledger.LabelRemarks},
}

func saidKey(tenantID string) string { return store.Key(tenantID, "notice", "said") }

// look brings what a tenant has been told up to what there is to tell, and sends what is due.
func (w *Watcher) look(ctx context.Context, tenantID string) error {
	t, err := w.Tenants.Get(ctx, tenantID)
	if errors.Is(err, tenant.ErrNotFound) {
		return w.periodic.Leave(ctx, tenantID)
	}
	if err != nil {
		return fmt.Errorf("open tenant: %w", err)
	}
	channels := w.Sender.channels(Of(t))
	if len(channels) == 0 { // who is told later is told from the beginning
		return w.keep(ctx, tenantID, &said{})
	}
	s, v, err := w.see(ctx, tenantID)
	if err != nil || s.empty() && v == (counts{}) {
		return err
	}
	try, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	unlock, err := w.DB.Lock(try, store.Key(tenantID, "notice", "lock"), lockFor)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock notices: %w", err)
	}
	defer unlock()
	if s, v, err = w.see(ctx, tenantID); err != nil { // another may have told it meanwhile
		return err
	}
	if err := w.decide(ctx, t, &s, v, channels); err != nil {
		return err
	}
	return w.deliver(ctx, t, &s, channels)
}

func (w *Watcher) see(ctx context.Context, tenantID string) (s said, v counts, err error) {
	raw, ok, err := store.Found(w.DB.Get(ctx, saidKey(tenantID)).Result())
	if ok {
		err = json.Unmarshal([]byte(raw), &s)
	}
	if err != nil {
		return s, v, fmt.Errorf("read what was said: %w", err)
	}
	if s.V > saidSchema {
		return s, v, fmt.Errorf("read what was said: written by a newer version (form %d, this one knows %d)", s.V, saidSchema)
	}
	c, err := w.Jobs.Counts(ctx, tenantID)
	if err != nil {
		return s, v, fmt.Errorf("look at the jobs: %w", err)
	}
	return s, counts{Failed: c.Failed, Held: c.Held, Remarks: c.RemarksToday}, nil
}

// decide puts what is to be said into the outbox and stores it.
func (w *Watcher) decide(ctx context.Context, t tenant.Tenant, s *said, v counts, channels []channel) error {
	names := make([]string, len(channels))
	for i, x := range channels {
		names[i] = x.name
	}
	for {
		event, m := s.next(w.Now().UTC(), v)
		if event == "" {
			return w.keep(ctx, t.ID, s)
		}
		m.ID, m.Event, m.At = newID(), event, w.Now().UTC()
		if of, has := reasonOf[event]; has {
			why, err := w.Jobs.Newest(ctx, t.ID, of.state, of.label)
			if err != nil {
				return fmt.Errorf("read the failure: %w", err)
			}
			m.Reason = plain(why)
		}
		s.put(m, names, w.Now().UTC())
	}
}

// keep stores what was said; nothing is left of what says nothing.
func (w *Watcher) keep(ctx context.Context, tenantID string, s *said) error {
	if s.empty() {
		return store.Wrap("forget what was said", w.DB.Del(ctx, saidKey(tenantID)).Err())
	}
	s.V = saidSchema
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode what was said: %w", err)
	}
	return store.Wrap("store what was said", w.DB.Set(ctx, saidKey(tenantID), raw, 0).Err())
}

// deliver sends what is due, oldest first, and stores after each message which channels are left.
func (w *Watcher) deliver(ctx context.Context, t tenant.Tenant, s *said, channels []channel) error {
	for i := range s.Outbox {
		p := &s.Outbox[i]
		if p.Due.After(w.Now()) {
			continue
		}
		// A channel that was taken out of the settings meanwhile is not asked any more.
		left := slices.DeleteFunc(slices.Clone(channels), func(x channel) bool { return !slices.Contains(p.Channels, x.name) })
		errs := sendAll(ctx, left, p.Message, w.Sender.text(t, p.Message))
		if ctx.Err() != nil { // their errors say nothing about the channels
			return context.Cause(ctx)
		}
		p.Channels = nil
		for j, err := range errs {
			w.Sender.sent.WithLabelValues(string(left[j].kind), telemetry.Outcome(err == nil)).Inc()
			if err != nil && !w.final(t.ID, p.Message.Event, left[j].name, err) {
				p.Channels = append(p.Channels, left[j].name)
			}
		}
		if len(p.Channels) > 0 && !p.again(w.Now().UTC()) {
			w.Log.Warn("notice given up, not reached for a day", "tenant", t.ID, "event", string(p.Message.Event), "ways", p.Channels)
			p.Channels = nil
		}
		if err := w.keep(ctx, t.ID, s); err != nil {
			return err
		}
	}
	s.Outbox = slices.DeleteFunc(s.Outbox, func(p outboxMessage) bool { return len(p.Channels) == 0 })
	return w.keep(ctx, t.ID, s)
}

// sendAll sends a message over all channels at once; the errors are in the order of the channels.
func sendAll(ctx context.Context, channels []channel, m message, txt text) []error {
	errs := make([]error, len(channels))
	var all sync.WaitGroup
	for i, x := range channels {
		all.Go(func() { errs[i] = x.within(ctx, m, txt) })
	}
	all.Wait()
	return errs
}

// final reports whether an error will be the same in the next try, and notes it.
func (w *Watcher) final(tenantID string, e Event, name string, err error) bool {
	if _, no := errors.AsType[*refused](err); no || errors.Is(err, transport.ErrPrivate) {
		w.Log.Warn("notice given up", "tenant", tenantID, "event", string(e), "way", name, "error", plain(err.Error()))
		return true
	}
	w.Log.Info("notice not sent yet", "tenant", tenantID, "event", string(e), "way", name, "error", plain(err.Error()))
	return false
}
