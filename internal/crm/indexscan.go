package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/turn"
)

const (
	freshPage    = 160 // contacts of what has changed before a read: those of two batches of rules, as the last second is read whole
	freshPages   = 5   // more is left to a visit
	visitPages   = 2000
	visitPage    = 250
	scanAgain    = 30 * time.Second // after its last page another visit goes on with a scan that was broken off
	scanPasses   = 3                // at most, while contacts are deleted during each
	clockSkew    = 5 * time.Minute  // by which amoCRM's clock may differ from ours
	maxDoubts    = 10000            // contacts that are to be looked at
	doubtsFor    = 24 * time.Hour
	doubtsAtOnce = 200
)

// ErrIndexOver says that an account has more contacts than its index may hold.
var ErrIndexOver = errors.New("crm: the account has more contacts than the index may hold")

// Visit builds the index, or goes on with it where the last visit ended, or brings it up to date: with what has changed, with what was
// deleted, and with what webhooks told of. One visit at a time works on an account.
// ErrIndexOver when it has more contacts than the index may hold.
func (x *Index) Visit(ctx context.Context) error {
	limit := x.account.deps.Indexed
	if x.off() {
		return nil
	}
	unlock, err := x.account.Lock(ctx, "index", "visit")
	if err != nil {
		return fmt.Errorf("visit the index: %w", err)
	}
	defer unlock()
	if _, err := x.account.Vocabulary(ctx, PartNames); err != nil { // the country decides how numbers are read; the first card needs the rest
		return fmt.Errorf("visit the index: %w", err)
	}
	st, form, err := x.load(ctx, x.account.DB().Pipeline())
	if err != nil {
		return err
	}
	switch {
	case st.form != form:
		if st, err = x.reset(ctx, form, st.region); err != nil {
			return err
		}
	case st.over > 0 && st.over >= limit:
		return ErrIndexOver
	case st.over > 0:
		if st, err = x.reset(ctx, form, st.region); err != nil {
			return err
		}
	}
	if !st.ready {
		if err := x.scan(ctx, &st, limit); err != nil {
			return fmt.Errorf("scan contacts, page %d: %w", st.page, err)
		}
	}
	if _, _, err := x.catchUp(ctx, st, visitPage, visitPages); err != nil {
		return err
	}
	if st.behind {
		if err := x.store(ctx, "behind", 0); err != nil {
			return err
		}
	}
	if !st.ready {
		if err := errors.Join(x.store(ctx, "ready", 1), x.visitIn(ctx, indexEvery)); err != nil {
			return err
		}
		x.account.Log().InfoContext(ctx, "contact index ready", "contacts", st.count)
	}
	return errors.Join(x.removeGone(ctx, &st), x.settleDoubts(ctx, st))
}

// reset empties the index and begins it anew.
func (x *Index) reset(ctx context.Context, form, region string) (indexState, error) {
	keys := x.account.Keys()
	pipe := x.account.DB().Pipeline()
	for i := range 256 {
		bucket := fmt.Sprintf("%02x", i)
		pipe.Unlink(ctx, keys.IndexLine(bucket), keys.IndexContact(bucket))
	}
	begun := time.Now().Add(-clockSkew).Unix()
	pipe.Unlink(ctx, keys.Index(), keys.IndexDoubts(), keys.IndexShared(), keys.IndexUnread())
	pipe.HSet(ctx, keys.Index(), "form", form, "page", 1, "begun", begun, "gone", begun, "cursor", begun)
	if _, err := pipe.Exec(ctx); err != nil {
		return indexState{}, fmt.Errorf("begin the index: %w", err)
	}
	return indexState{form: form, page: 1, begun: begun, gone: begun, cursor: begun, region: region}, nil
}

// scan reads all contacts, page by page in the order of their ids. A deletion moves those behind it one place forward, maybe over the
// border of a page: after one the scan is repeated.
func (x *Index) scan(ctx context.Context, st *indexState, limit int) error {
	for {
		found, more, err := x.account.API().ContactsPage(ctx, st.page, visitPage)
		if err != nil {
			return err
		}
		if _, err := x.putAll(ctx, *st, found); err != nil {
			return err
		}
		st.count += len(found)
		if st.count > limit {
			_, err := x.reset(ctx, st.form, st.region)
			return errors.Join(ErrIndexOver, err, x.store(ctx, "over", limit))
		}
		st.page++
		if !more || len(found) == 0 {
			events, _, err := x.account.API().ContactsGone(ctx, amocrm.Unix(st.begun), 1)
			if err != nil {
				return err
			}
			st.passes++
			if len(events) == 0 || st.passes >= scanPasses {
				return nil
			}
			st.page, st.count, st.begun = 1, 0, time.Now().Add(-overlap).Unix()
		}
		if err := errors.Join(x.store(ctx, "page", st.page, "count", st.count, "passes", st.passes), x.visitIn(ctx, scanAgain)); err != nil {
			return err
		}
	}
}

func (x *Index) putAll(ctx context.Context, st indexState, contacts []amocrm.Contact) (changed int, err error) {
	var list []indexed
	for _, c := range contacts {
		if c.IsDeleted {
			c.Fields = nil
		}
		list = append(list, x.of(c, st.region))
		turn.Wait(ctx) // reading phones takes long
	}
	return x.put(ctx, st.form, list)
}

// catchUp reads what has changed since the cursor, newest first, and moves the cursor. An account without filters answers with all
// contacts, so the first one that is older ends it, and a page of the overlap of which the index knew everything: what is newer is read
// whole, with the second of the cursor, which may not have been over. It reports whether that many pages held all, and how many contacts
// had something else.
func (x *Index) catchUp(ctx context.Context, st indexState, perPage, pages int) (all bool, news int, err error) {
	since := max(0, st.cursor-int64(overlap.Seconds()))
	newest := st.cursor
	for page := 1; page <= pages; page++ {
		found, more, err := x.account.API().ContactsChanged(ctx, amocrm.Unix(since), page, perPage)
		if err != nil {
			return false, news, fmt.Errorf("read changed contacts: %w", err)
		}
		changed := Filter(found, func(c amocrm.Contact) bool { return int64(c.UpdatedAt) >= since })
		put, err := x.putAll(ctx, st, changed)
		if err != nil {
			return false, news, err
		}
		news += put
		for _, c := range changed {
			newest = max(newest, int64(c.UpdatedAt))
		}
		overlapping := len(changed) > 0 && int64(changed[len(changed)-1].UpdatedAt) < st.cursor
		known := put == 0 && (overlapping || !st.ready) // a scan has just read everything
		if !more || len(changed) < len(found) || len(found) == 0 || known || page == pages && news == 0 {
			if time.Since(time.Unix(newest, 0)) > clockSkew+overlap { // nothing of then comes any more: it needs no second look
				newest += int64(overlap.Seconds()) + 1
			}
			return true, news, x.store(ctx, "cursor", newest)
		}
	}
	return false, news, nil
}

// removeGone removes contacts that were deleted or merged into others, by amoCRM's own list of what happened.
func (x *Index) removeGone(ctx context.Context, st *indexState) error {
	var ids []int64
	newest := st.gone
	for page := 1; ; page++ {
		events, more, err := x.account.API().ContactsGone(ctx, amocrm.Unix(max(0, st.gone-int64(overlap.Seconds()))), page)
		if err != nil {
			return fmt.Errorf("read deleted contacts: %w", err)
		}
		for _, e := range events {
			newest = max(newest, int64(e.CreatedAt))
			ids = append(ids, int64(e.EntityID))
		}
		if !more || len(events) == 0 {
			break
		}
	}
	if err := x.verify(ctx, *st, ids); err != nil {
		return err
	}
	return x.store(ctx, "gone", newest)
}

// Doubt stores that webhooks told of contacts: the next visit looks at those that are in the index.
func (x *Index) Doubt(ctx context.Context, ids []int64) error {
	if len(ids) == 0 || x.off() {
		return nil
	}
	key := x.account.Keys().IndexDoubts()
	look := x.account.DB().Pipeline()
	kept, known := look.Exists(ctx, x.account.Keys().Index()), look.SCard(ctx, key)
	if _, err := look.Exec(ctx); err != nil {
		return fmt.Errorf("remember changed contacts: %w", err)
	}
	if kept.Val() == 0 || known.Val() >= maxDoubts { // what was deleted stands in amoCRM's list, too
		return nil
	}
	pipe := x.account.DB().TxPipeline()
	for _, id := range ids {
		pipe.SAdd(ctx, key, id)
	}
	pipe.Expire(ctx, key, doubtsFor)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("remember changed contacts: %w", err)
	}
	return nil
}

// settleDoubts looks at contacts that webhooks told of.
func (x *Index) settleDoubts(ctx context.Context, st indexState) error {
	key := x.account.Keys().IndexDoubts()
	for {
		got, err := x.account.DB().SRandMemberN(ctx, key, doubtsAtOnce).Result()
		if err != nil || len(got) == 0 {
			return err
		}
		var ids []int64
		members := make([]any, len(got))
		for i, raw := range got {
			ids, members[i] = append(ids, ParseID(raw)), raw
		}
		if err := x.verify(ctx, st, ids); err != nil {
			return err
		}
		if err := x.account.DB().SRem(ctx, key, members...).Err(); err != nil {
			return fmt.Errorf("settle changed contacts: %w", err)
		}
	}
}

// verify reads those of some contacts that are in the index, and stores what they have now.
func (x *Index) verify(ctx context.Context, st indexState, ids []int64) error {
	slices.Sort(ids)
	var in []int64
	for _, id := range slices.Compact(ids) {
		has, err := x.account.DB().HExists(ctx, x.account.Keys().IndexContact(contactBucket(id)), Decimal(id)).Result()
		if err != nil {
			return fmt.Errorf("look into the index: %w", err)
		}
		if has {
			in = append(in, id)
		}
	}
	now, gone, err := x.account.Contacts(ctx, in)
	if err != nil {
		return err
	}
	for _, id := range gone {
		now = append(now, amocrm.Contact{ID: amocrm.ID(id)})
	}
	_, err = x.putAll(ctx, st, now)
	return err
}
