package crm

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
)

const (
	indexVersion = 2    // of the normal forms that its marks are made of: another one builds it anew
	markBytes    = 8    // of a keyed hash: that much of it tells two of a million lines apart, and each hit is read back
	maxMarks     = 1000 // of one contact
	maxOfLine    = 500
	maxListed    = 1000            // lines of several contacts, and contacts with a phone that can't be read
	freshFor     = time.Second     // that what has changed needs no second read
	overlap      = 5 * time.Second // by which reads of what has changed overlap: an answer on its way may be older than another
)

// Index answers which contacts of an account have a phone, an e-mail address or an account of a messenger, without a search in amoCRM. It lies in Redis, and of
// them it holds keyed hashes only. A scan of all contacts builds it (Visit); until it is ready, and for accounts
// above its limit, nobody can be found in it. It may be behind: whatever it answers is read back before it is used.
type Index struct {
	account *Account

	mu    sync.Mutex
	read  time.Time // when it was last made fresh
	ready bool
	news  bool // that brought something
}

// indexState is what is known of an account's index.
type indexState struct {
	form   string // what its marks are made with
	ready  bool
	behind bool  // more has changed than a read before a look can take: left to the next visit
	page   int   // of the scan, the next one
	begun  int64 // when the scan began
	passes int
	count  int
	over   int   // the limit that the account has exceeded
	cursor int64 // the newest change that is in it, by amoCRM's clock
	gone   int64 // the newest deletion
	region string
}

// load reads the state, beside what is asked of a pipeline. form is what it should have.
func (x *Index) load(ctx context.Context, beside redis.Pipeliner) (st indexState, form string, err error) {
	if x.off() {
		return st, "off", nil
	}
	keys := x.account.Keys()
	country := beside.Get(ctx, keys.Country())
	got := beside.HGetAll(ctx, keys.Index())
	if _, err := beside.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return st, "", fmt.Errorf("read the index: %w", err)
	}
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(got.Val()[name], 10, 64) // an absent one is 0
		return n
	}
	st = indexState{form: got.Val()["form"], ready: number("ready") == 1, behind: number("behind") == 1, page: int(number("page")), begun: number("begun"), passes: int(number("passes")),
		count: int(number("count")), over: int(number("over")), cursor: number("cursor"), gone: number("gone")}
	st.region = x.account.Region(country.Val())
	return st, x.form(st.region), nil
}

// off reports that no index is kept. One that is left of other days is neither used nor changed.
func (x *Index) off() bool { return x.account.deps.Indexed == 0 }

// form names what the index is made with, so that nothing is found in, or added to, one of another normal form, key or region.
func (x *Index) form(region string) string {
	return fmt.Sprint(indexVersion, " ", x.account.DB().Ring().Newest(), " ", region)
}

func (x *Index) store(ctx context.Context, pairs ...any) error {
	if err := x.account.DB().HSet(ctx, x.account.Keys().Index(), pairs...).Err(); err != nil {
		return fmt.Errorf("store the state of the index: %w", err)
	}
	return nil
}

// Ready reports whether the index can answer, once what has changed in the account is in it. That takes one read of amoCRM, none within
// a second of another. news says that it has brought something since a time.
func (x *Index) Ready(ctx context.Context, since time.Time) (ready, news bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if time.Since(x.read) >= freshFor {
		if err := x.refresh(ctx); err != nil {
			return false, false, err
		}
	}
	return x.ready, x.news && x.read.After(since), nil
}

// refresh reads what has changed.
func (x *Index) refresh(ctx context.Context) error {
	st, form, err := x.load(ctx, x.account.DB().Pipeline())
	if err != nil {
		return err
	}
	ready, news := st.ready && st.form == form && !st.behind, 0
	if ready {
		if ready, news, err = x.catchUp(ctx, st, freshPage, freshPages); err != nil {
			return err
		}
		if !ready {
			if err := errors.Join(x.store(ctx, "behind", 1), x.visitIn(ctx, 0)); err != nil {
				return err
			}
		}
	}
	x.ready, x.news, x.read = ready, news > 0, time.Now()
	return nil
}

// visitIn has the next visit in a while.
func (x *Index) visitIn(ctx context.Context, d time.Duration) error {
	due := store.Periodic{DB: x.account.DB(), Name: indexTurns}
	return due.Move(ctx, x.account.tenant.ID, time.Now().Add(d))
}

// Find returns the contacts that have one of these lines (LinesOf), each once, as the index has them now. whole is false when it
// is not built, or when a line has more contacts than can be kept.
func (x *Index) Find(ctx context.Context, lines []string) (ids []int64, whole bool, err error) {
	pipe := x.account.DB().Pipeline()
	var got []*redis.StringCmd
	for _, mark := range x.marks(lines) {
		got = append(got, pipe.HGet(ctx, x.account.Keys().IndexLine(bucketOf(mark)), mark))
	}
	st, form, err := x.load(ctx, pipe)
	if err != nil || !st.ready || st.form != form {
		return nil, false, err
	}
	whole = true
	for _, of := range got {
		for _, raw := range strings.Split(of.Val(), ",") {
			if raw == manyOfLine {
				whole = false
			} else if id := ParseID(raw); id != 0 && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, whole, nil
}

// Shared returns the contacts that have a line in common, a list for each line, those of few first and then the newest; the same list
// is there once. more says that there are further ones. Of a line with more contacts than are kept nothing is known.
func (x *Index) Shared(ctx context.Context) (lists [][]int64, more bool, err error) {
	marks, err := x.account.DB().SMembers(ctx, x.account.Keys().IndexShared()).Result()
	if err != nil || x.off() || len(marks) == 0 {
		return nil, false, err
	}
	pipe := x.account.DB().Pipeline()
	var got []*redis.StringCmd
	for _, mark := range marks {
		got = append(got, pipe.HGet(ctx, x.account.Keys().IndexLine(bucketOf(mark)), mark))
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, false, fmt.Errorf("read lines of several contacts: %w", err)
	}
	for _, of := range got {
		var ids []int64
		for _, raw := range strings.Split(of.Val(), ",") {
			if id := ParseID(raw); id != 0 {
				ids = append(ids, id)
			}
		}
		if ids = NewestIDs(ids, maxOfLine); len(ids) > 1 {
			lists = append(lists, ids)
		}
	}
	slices.SortFunc(lists, func(a, b []int64) int { return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(b, a)) })
	return slices.CompactFunc(lists, slices.Equal), len(marks) >= maxListed, nil
}

// Unread returns the contacts with a phone that can't be read, the newest first. more says that there are further ones.
func (x *Index) Unread(ctx context.Context) (ids []int64, more bool, err error) {
	got, err := x.account.DB().SMembers(ctx, x.account.Keys().IndexUnread()).Result()
	if err != nil || x.off() {
		return nil, false, err
	}
	for _, raw := range got {
		ids = append(ids, ParseID(raw))
	}
	return NewestIDs(ids, maxListed), len(got) >= maxListed, nil
}

// Add adds lines, which were read in a region, to a contact that was made or completed a moment ago. Ready reads what it really has.
func (x *Index) Add(ctx context.Context, contactID int64, lines []string, region string) error {
	if x.off() {
		return nil
	}
	_, err := x.put(ctx, x.form(region), []indexed{{mode: "add", id: contactID, marks: x.marks(lines)}})
	return err
}

// Remove removes a contact.
func (x *Index) Remove(ctx context.Context, contactID int64) error {
	st, form, err := x.load(ctx, x.account.DB().Pipeline())
	if err != nil || st.form != form {
		return err
	}
	_, err = x.put(ctx, form, []indexed{{mode: "set", id: contactID}})
	return err
}

// indexed is what a contact has in the index. With the mode "set" it has nothing else.
type indexed struct {
	mode   string
	id     int64
	marks  []string
	unread bool // it has a phone that can't be read
}

// of is a contact as the account has it.
func (x *Index) of(c amocrm.Contact, region string) indexed {
	return indexed{"set", int64(c.ID), x.marks(LinesOf(c, region)), len(UnreadOf(c, region)) > 0}
}

// marks stand for lines in the index.
func (x *Index) marks(lines []string) []string {
	var out []string
	for _, line := range lines {
		sum, err := hex.DecodeString(x.account.DB().Ring().Fingerprints("index", line)[0][:2*markBytes])
		if mark := string(sum); err == nil && !slices.Contains(out, mark) {
			out = append(out, mark)
		}
	}
	slices.Sort(out)
	return out
}

// bucketOf names the hash that holds a mark: small hashes take a third of the memory of one large one.
func bucketOf(mark string) string { return fmt.Sprintf("%02x", mark[0]) }
