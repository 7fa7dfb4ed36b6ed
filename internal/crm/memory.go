package crm

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/internal/helpdesk"
)

const (
	rememberFor = 24 * time.Hour
	rememberMax = 50 // of one client; older ones are found by search by then
	goneFor     = 10 * time.Minute
	lockFor     = time.Minute
)

// memory is what we know about a client without asking the CRM.
type memory struct {
	link     int64   // the linked contact, 0 for none
	linkGone bool    // a link was dropped a moment ago
	contacts []int64 // made for this client within a day, newest first
	deals    []int64
	country  string // of the account, as last heard
}

// recall reads a client's memory in one round trip to Redis.
func (a *Account) recall(ctx context.Context, clientID int64) (memory, error) {
	var m memory
	pipe := a.b.DB.Pipeline()
	country := pipe.Get(ctx, a.Keys().Country())
	var link *redis.StringCmd
	var gone *redis.IntCmd
	var made *redis.StringSliceCmd
	if clientID != 0 {
		link = pipe.HGet(ctx, a.Keys().Links(), Decimal(clientID))
		gone = pipe.Exists(ctx, a.Keys().Gone(clientID))
		made = pipe.ZRangeArgs(ctx, redis.ZRangeArgs{Key: a.Keys().Made(clientID), ByScore: true, Rev: true,
			Start: "+inf", Stop: strconv.FormatInt(time.Now().Add(-rememberFor).UnixMilli(), 10)}) // Rev: from the top
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return m, fmt.Errorf("read what is known of the client: %w", err)
	}
	m.country = country.Val()
	if clientID == 0 {
		return m, nil
	}
	m.link = ParseID(link.Val())
	m.linkGone = gone.Val() > 0 && m.link == 0
	for _, member := range made.Val() {
		kind, id, _ := strings.Cut(member, ":")
		switch kind {
		case "contact":
			m.contacts = append(m.contacts, ParseID(id))
		case "deal":
			m.deals = append(m.deals, ParseID(id))
		}
	}
	return m, nil
}

// Remember keeps that a contact was made for a client, so that it is found although the CRM's search lags: for a day for him,
// and for some minutes for everybody who has one of his phones or e-mails.
func (a *Account) Remember(ctx context.Context, c helpdesk.Client, contactID int64) error {
	return errors.Join(
		a.remember(ctx, a.Keys().Made(c.ID), c.ID, "contact:"+Decimal(contactID)),
		a.rememberLines(ctx, c, contactID),
	)
}

// rememberDeal does the same for a deal.
func (a *Account) rememberDeal(ctx context.Context, clientID, dealID int64) error {
	return a.remember(ctx, a.Keys().Made(clientID), clientID, "deal:"+Decimal(dealID))
}

func (a *Account) remember(ctx context.Context, key string, owner int64, member string) error {
	if owner == 0 {
		return nil
	}
	now := time.Now()
	pipe := a.b.DB.TxPipeline()
	pipe.ZAdd(ctx, key, redis.Z{Score: float64(now.UnixMilli()), Member: member})
	pipe.ZRemRangeByScore(ctx, key, "-inf", strconv.FormatInt(now.Add(-rememberFor).UnixMilli(), 10))
	pipe.ZRemRangeByRank(ctx, key, 0, -rememberMax-1)
	pipe.Expire(ctx, key, rememberFor)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("remember %s: %w", member, err)
	}
	return nil
}
