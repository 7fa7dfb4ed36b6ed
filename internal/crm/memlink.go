package crm

import (
	"context"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// Link ties a client to a contact that is known to exist: from now on only that contact is shown for the client.
func (m Memory) Link(ctx context.Context, clientID, contactID int64) error {
	pipe := m.db.TxPipeline()
	pipe.HSet(ctx, m.keys.Links(), Decimal(clientID), contactID)
	pipe.Del(ctx, m.keys.Gone(clientID))
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("store link: %w", err)
	}
	return nil
}

// Unlink removes a client's link, if there is one.
func (m Memory) Unlink(ctx context.Context, clientID int64) error {
	pipe := m.db.TxPipeline()
	pipe.HDel(ctx, m.keys.Links(), Decimal(clientID))
	pipe.Del(ctx, m.keys.Gone(clientID))
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("remove link: %w", err)
	}
	return nil
}

// dropDead removes a link only while it still names the dead contact: the agent may have linked another one meanwhile.
// KEYS: links, gone. ARGV: client, contact, seconds. Returns 1 when it was removed.
var dropDead = redis.NewScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return 1`)

// DropDeadLink removes a link to a contact that is gone from the CRM, unless another contact was linked meanwhile. Recall
// tells of it for some minutes.
func (m Memory) DropDeadLink(ctx context.Context, clientID, contactID int64) error {
	err := dropDead.Run(ctx, m.db, []string{m.keys.Links(), m.keys.Gone(clientID)},
		Decimal(clientID), Decimal(contactID), int(goneFor.Seconds())).Err()
	if err != nil {
		return fmt.Errorf("drop dead link: %w", err)
	}
	return nil
}

// Lock lets one writer at a time make things for a client, over all replicas: for the client's id in the helpdesk (0 for none),
// and for each line, as several clients of the helpdesk may be one person. It saves from doubles made in parallel; as every
// such lock it may fail, so holders look at what exists after they get it. A client without all that is not locked.
func (m Memory) Lock(ctx context.Context, clientID int64, lines []string) (unlock func(), err error) {
	var keys []string
	if clientID != 0 {
		keys = append(keys, m.keys.Lock("client", Decimal(clientID)))
	}
	for _, line := range lines {
		for _, mark := range m.lineMarks(line) { // of every seal key: a replica may not know the newest yet
			keys = append(keys, m.keys.Lock("line", mark))
		}
	}
	// In the order of their names, so that no two who need several wait for each other. All are held, or none.
	slices.Sort(keys)
	var held []func()
	unlock = func() {
		for _, free := range slices.Backward(held) {
			free()
		}
	}
	for _, key := range slices.Compact(keys) {
		free, err := m.db.Lock(ctx, key, lockFor)
		if err != nil {
			unlock()
			return nil, fmt.Errorf("lock client: %w", err)
		}
		held = append(held, free)
	}
	return unlock, nil
}
