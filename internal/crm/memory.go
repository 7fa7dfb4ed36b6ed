package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/store"
)

const (
	rememberFor   = 24 * time.Hour
	MaxRemembered = 50 // of one client; older ones are found by search by then
	goneFor       = 10 * time.Minute
	lockFor       = time.Minute
	lineFor       = 10 * time.Minute     // longer than the CRM's search lags behind
	noteFor       = 400 * 24 * time.Hour // from the deal's last note that was written from the helpdesk
)

// Memory is what is known of a tenant's clients without asking the CRM: which contact a client is linked to, and what was
// made a moment ago and may not be found yet. It needs no login.
type Memory struct {
	db   *store.DB
	keys Keys
}

// NewMemory opens the memory of a tenant.
func NewMemory(db *store.DB, tenantID string) Memory { return Memory{db, Keys(tenantID)} }

// Recalled is what is known of one client.
type Recalled struct {
	Link     int64   // the linked contact, 0 for none
	LinkGone bool    // a link was dropped a moment ago
	Contacts []int64 // made for this client within a day, newest first
	Deals    []int64
	Country  string // of the account, as last heard
}

// Contact returns the linked contact, else the newest one made for the client, else 0.
func (r Recalled) Contact() int64 {
	if r.Link != 0 || len(r.Contacts) == 0 {
		return r.Link
	}
	return r.Contacts[0]
}

// Recall reads what is known of a client, in one round trip to Redis.
func (m Memory) Recall(ctx context.Context, clientID int64) (Recalled, error) {
	var r Recalled
	pipe := m.db.Pipeline()
	country := pipe.Get(ctx, m.keys.Country())
	var link *redis.StringCmd
	var gone *redis.IntCmd
	var made *redis.StringSliceCmd
	if clientID != 0 {
		link = pipe.HGet(ctx, m.keys.Links(), Decimal(clientID))
		gone = pipe.Exists(ctx, m.keys.Gone(clientID))
		made = pipe.ZRangeArgs(ctx, redis.ZRangeArgs{Key: m.keys.Made(clientID), ByScore: true, Rev: true,
			Start: "+inf", Stop: strconv.FormatInt(time.Now().Add(-rememberFor).UnixMilli(), 10)}) // Rev: from the top
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return r, fmt.Errorf("read what is known of the client: %w", err)
	}
	r.Country = country.Val()
	if clientID == 0 {
		return r, nil
	}
	r.Link = ParseID(link.Val())
	r.LinkGone = gone.Val() > 0 && r.Link == 0
	for _, member := range made.Val() {
		kind, id, _ := strings.Cut(member, ":")
		switch kind {
		case "contact":
			r.Contacts = append(r.Contacts, ParseID(id))
		case "deal":
			r.Deals = append(r.Deals, ParseID(id))
		}
	}
	return r, nil
}

// RememberContact stores for a day that a contact was made for a client (0: for nobody), and for some minutes that it was
// made for these lines (see Lines): others with the same phone or e-mail find it although the CRM's search lags.
func (m Memory) RememberContact(ctx context.Context, clientID, contactID int64, lines []string) error {
	err := m.rememberMade(ctx, clientID, "contact:"+Decimal(contactID))
	if len(lines) == 0 {
		return err
	}
	pipe := m.db.TxPipeline()
	for _, line := range lines {
		pipe.Set(ctx, m.keys.MadeLine(m.lineMarks(line)[0]), contactID, lineFor)
	}
	if _, lineErr := pipe.Exec(ctx); lineErr != nil {
		err = errors.Join(err, fmt.Errorf("remember contact %d: %w", contactID, lineErr))
	}
	return err
}

// RememberDeal stores for a day that a deal was made for a client.
func (m Memory) RememberDeal(ctx context.Context, clientID, dealID int64) error {
	return m.rememberMade(ctx, clientID, "deal:"+Decimal(dealID))
}

func (m Memory) rememberMade(ctx context.Context, clientID int64, member string) error {
	if clientID == 0 {
		return nil
	}
	return m.remember(ctx, m.keys.Made(clientID), member)
}

// remember adds to a bounded list that is kept for a day.
func (m Memory) remember(ctx context.Context, key, member string) error {
	now := time.Now()
	pipe := m.db.TxPipeline()
	pipe.ZAdd(ctx, key, redis.Z{Score: float64(now.UnixMilli()), Member: member})
	pipe.ZRemRangeByScore(ctx, key, "-inf", strconv.FormatInt(now.Add(-rememberFor).UnixMilli(), 10))
	pipe.ZRemRangeByRank(ctx, key, 0, -MaxRemembered-1)
	pipe.Expire(ctx, key, rememberFor)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("remember %s: %w", member, err)
	}
	return nil
}

// ContactsOf returns the contacts that were made within minutes for one of these lines, for any client.
func (m Memory) ContactsOf(ctx context.Context, lines []string) ([]int64, error) {
	var keys []string
	for _, line := range lines {
		for _, mark := range m.lineMarks(line) {
			keys = append(keys, m.keys.MadeLine(mark))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	found, err := m.db.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, fmt.Errorf("read made contacts: %w", err)
	}
	var ids []int64
	for _, value := range found {
		text, _ := value.(string)
		if id := ParseID(text); id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// lineMarks stand for a line in keys, which hold no phone: one for each seal key, the newest first.
func (m Memory) lineMarks(line string) []string { return m.db.Ring().Fingerprints("line", line) }

// RememberCompany stores for a day that a company was made, so that it is found although the CRM's search lags. Names that
// differ in case are one.
func (m Memory) RememberCompany(ctx context.Context, name string, companyID int64) error {
	if err := m.db.Set(ctx, m.keys.MadeCompany(m.companyMarks(name)[0]), companyID, rememberFor).Err(); err != nil {
		return fmt.Errorf("remember company: %w", err)
	}
	return nil
}

// CompanyOf returns the company of a name that was made within a day, 0 for none. It may have been stored with an older seal
// key.
func (m Memory) CompanyOf(ctx context.Context, name string) (int64, error) {
	for _, mark := range m.companyMarks(name) {
		made, err := m.db.Get(ctx, m.keys.MadeCompany(mark)).Int64()
		if !errors.Is(err, redis.Nil) {
			if err != nil {
				return 0, fmt.Errorf("read made companies: %w", err)
			}
			return made, nil
		}
	}
	return 0, nil
}

// LockCompany lets one writer at a time find or make the company of a name.
func (m Memory) LockCompany(ctx context.Context, name string) (unlock func(), err error) {
	return m.db.Lock(ctx, m.keys.Lock("company", m.companyMarks(name)[0]), lockFor)
}

func (m Memory) companyMarks(name string) []string {
	return m.db.Ring().Fingerprints("company", FoldName(name))
}

// RememberNote stores that a note of a deal was written from the helpdesk. The CRM's own author says less: every note of this
// connection is the one user's who logged in.
func (m Memory) RememberNote(ctx context.Context, dealID, noteID int64) error {
	pipe := m.db.TxPipeline()
	pipe.SAdd(ctx, m.keys.HelpdeskNotes(dealID), noteID)
	pipe.Expire(ctx, m.keys.HelpdeskNotes(dealID), noteFor)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("remember note: %w", err)
	}
	return nil
}

// HelpdeskNotes returns the notes of a deal that were written from the helpdesk.
func (m Memory) HelpdeskNotes(ctx context.Context, dealID int64) (noteIDs []string, err error) {
	noteIDs, err = m.db.SMembers(ctx, m.keys.HelpdeskNotes(dealID)).Result()
	if err != nil {
		return nil, fmt.Errorf("read notes written from the helpdesk: %w", err)
	}
	return noteIDs, nil
}

// RememberComment stores that an agent's comment was written as this note, so that it is taken for no other comment.
func (m Memory) RememberComment(ctx context.Context, dealID, noteID int64) error {
	return errors.Join(m.remember(ctx, m.keys.OwnNotes(dealID), Decimal(noteID)), m.RememberNote(ctx, dealID, noteID))
}

// Comments returns the notes of a deal that are known to be agents' comments of the last day.
func (m Memory) Comments(ctx context.Context, dealID int64) (noteIDs []string, err error) {
	noteIDs, err = m.db.ZRange(ctx, m.keys.OwnNotes(dealID), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("read written notes: %w", err)
	}
	return noteIDs, nil
}

// FoldName returns a name as it is compared.
func FoldName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
