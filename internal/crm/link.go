package crm

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
)

// Link ties a client to one contact: from now on only that contact is shown for him. ErrGone when the CRM has no such
// contact, ErrNoClient for client 0.
func (a *Account) Link(ctx context.Context, clientID, contactID int64) error {
	if clientID == 0 {
		return ErrNoClient
	}
	c, err := a.api.Contact(ctx, amocrm.ID(contactID))
	switch {
	case errors.Is(err, amocrm.ErrNotFound) || err == nil && c.IsDeleted:
		return fmt.Errorf("link contact %d: %w", contactID, ErrGone)
	case err != nil:
		return fmt.Errorf("link contact %d: %w", contactID, err)
	}
	return a.setLink(ctx, clientID, contactID)
}

// setLink stores a link to a contact that is known to exist.
func (a *Account) setLink(ctx context.Context, clientID, contactID int64) error {
	pipe := a.b.DB.TxPipeline()
	pipe.HSet(ctx, a.Keys().Links(), Decimal(clientID), contactID)
	pipe.Del(ctx, a.Keys().Gone(clientID))
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("store link: %w", err)
	}
	return nil
}

// Unlink forgets a client's link, if there is one.
func (a *Account) Unlink(ctx context.Context, clientID int64) error {
	if clientID == 0 {
		return ErrNoClient
	}
	pipe := a.b.DB.TxPipeline()
	pipe.HDel(ctx, a.Keys().Links(), Decimal(clientID))
	pipe.Del(ctx, a.Keys().Gone(clientID))
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("remove link: %w", err)
	}
	return nil
}

// dropDead removes a link only while it still names the dead contact: the agent may have linked another one meanwhile.
var dropDead = redis.NewScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return 1`)

func (a *Account) dropDeadLink(ctx context.Context, clientID, contactID int64) error {
	err := dropDead.Run(ctx, a.b.DB, []string{a.Keys().Links(), a.Keys().Gone(clientID)},
		Decimal(clientID), Decimal(contactID), int(goneFor.Seconds())).Err()
	if err != nil {
		return fmt.Errorf("drop dead link: %w", err)
	}
	return nil
}

// ContactGone is for a writer who was told by the CRM that a client's contact does not exist: link and memory of it are
// dropped, and the next Resolve or People searches.
func (a *Account) ContactGone(ctx context.Context, clientID, contactID int64) error {
	if clientID == 0 {
		return nil
	}
	if err := a.b.DB.ZRem(ctx, a.Keys().Made(clientID), "contact:"+Decimal(contactID)).Err(); err != nil {
		return fmt.Errorf("forget contact: %w", err)
	}
	return a.dropDeadLink(ctx, clientID, contactID)
}
