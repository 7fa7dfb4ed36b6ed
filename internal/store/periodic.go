package store

import (
	"context"
	"log/slog"
	mathrand "math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/internal/turn"
)

// Periodic visits many members again and again, each in its turn, a few side by side, shared by all replicas. Taking a
// member sets its next turn, so no two replicas visit the same one, a crash costs a member one turn, and a replica whose
// visits hang leaves the rest to the others. The turns are kept in Redis, spread over Every.
type Periodic struct {
	DB     *DB
	Name   string        // of the rounds, the same in all replicas
	Every  time.Duration // between two turns of a member, give or take a fifth
	Rest   time.Duration // when nobody is due; what falls due meanwhile comes at once, so a long one undoes the spreading
	AtOnce int           // visits side by side in one replica; a round under way never overlaps the next
	// Each names all members. It is asked once in Every by one replica, for members that have no turn yet.
	Each func(ctx context.Context, visit func(id string) error) error
	// Visit looks after one member. It bounds its own time and logs its own errors.
	Visit func(ctx context.Context, id string)
	Now   func() time.Time
	Log   *slog.Logger
}

const (
	listBatch  = 500
	listSpread = 10_000 // members whose first turns fill one Every
)

// takeDue answers up to ARGV[2] members due by ARGV[1] and sets their next turns to ARGV[3] and on. When it runs twice for
// one caller (an answer was cut off), the first ones miss a turn.
var takeDue = redis.NewScript(`
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for i, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[2 + i], id) end
return ids`)

// due orders the members by their next turn, in Unix seconds.
func (r *Periodic) due() string { return Shared(r.Name, "due") }

// Run visits who is due until ctx ends, and returns when the last visit has. It begins with everybody, few at a time: much
// may have happened while nobody ran.
func (r *Periodic) Run(ctx context.Context) {
	ctx = turn.Background(ctx)
	if err := r.listWith(ctx, r.DB.ZAddLT); err != nil && ctx.Err() == nil {
		r.Log.Warn("round not begun anew", "of", r.Name, "error", err)
	}
	for ctx.Err() == nil {
		if err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("round broken off", "of", r.Name, "error", err)
		}
		_ = sleep(ctx, Jitter(r.Rest)) // the loop sees that ctx has ended
	}
}

// Once visits who is due until nobody is, and returns when the last visit has ended.
func (r *Periodic) Once(ctx context.Context) error {
	var visits errgroup.Group
	visits.SetLimit(r.AtOnce)
	err := r.visitDue(ctx, &visits)
	_ = visits.Wait() // visits have no error
	return err
}

func (r *Periodic) visitDue(ctx context.Context, visits *errgroup.Group) error {
	for ctx.Err() == nil {
		if err := r.list(ctx); err != nil {
			return err
		}
		ids, err := r.take(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids { // waits while all places are taken, so that few are taken and not yet begun
			visits.Go(func() error { r.Visit(ctx, id); return nil })
		}
	}
	return ctx.Err()
}

// take returns members whose turn it is; they are theirs alone who got them.
func (r *Periodic) take(ctx context.Context) ([]string, error) {
	now := r.Now()
	args := []any{now.Unix(), r.AtOnce}
	for range r.AtOnce {
		args = append(args, now.Add(Jitter(r.Every)).Unix())
	}
	ids, err := takeDue.Run(ctx, r.DB, []string{r.due()}, args...).StringSlice()
	return ids, Wrap("take who is due", err)
}

// list gives a first turn to every member that has none.
func (r *Periodic) list(ctx context.Context) error {
	ours, err := r.DB.SetNX(ctx, Shared(r.Name, "listed"), "1", r.Every).Result()
	if err != nil || !ours {
		return Wrap("list members", err)
	}
	return r.listWith(ctx, r.DB.ZAddNX)
}

// listWith gives every member a first turn, one a little after the other, by zadd: ZAddNX leaves a turn that it
// has, ZAddLT an earlier one.
func (r *Periodic) listWith(ctx context.Context, zadd func(context.Context, string, ...redis.Z) *redis.IntCmd) error {
	first := r.Now()
	return InBatches(listBatch, func(add func(redis.Z) error) error {
		return r.Each(ctx, func(id string) error {
			turn := redis.Z{Score: float64(first.Unix()), Member: id}
			first = first.Add(r.Every / listSpread)
			return add(turn)
		})
	}, func(batch []redis.Z) error { return Wrap("list members", zadd(ctx, r.due(), batch...).Err()) })
}

// Plan sets a member's next turn; it becomes one if it was none.
func (r *Periodic) Plan(ctx context.Context, id string, at time.Time) error {
	return Wrap("plan a turn", r.DB.ZAdd(ctx, r.due(), redis.Z{Score: float64(at.Unix()), Member: id}).Err())
}

// Move sets the next turn of a member; nothing when it has left.
func (r *Periodic) Move(ctx context.Context, id string, at time.Time) error {
	return Wrap("move a turn", r.DB.ZAddXX(ctx, r.due(), redis.Z{Score: float64(at.Unix()), Member: id}).Err())
}

// Leave ends a member's turns, until Each names it again.
func (r *Periodic) Leave(ctx context.Context, id string) error {
	return Wrap("end the turns", r.DB.ZRem(ctx, r.due(), id).Err())
}

// Jitter spreads a pause by a fifth each way, so that members and replicas don't march in step.
func Jitter(d time.Duration) time.Duration { return d - d/5 + mathrand.N(2*d/5+1) }
