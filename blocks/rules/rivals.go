package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
)

// openFor is how long an open intent counts: a little longer than an entry may wait.
const openFor = waitAtMost + 24*time.Hour

// intent is what is stored before the job's deal is sent.
func (j *job) intent() *Intent {
	l := j.plan.lead
	i := &Intent{At: j.now(), ContactID: j.contactID, PipelineID: int64(l.PipelineID), Price: wholeOf(l.Price), By: j.user()}
	if name := strings.TrimSpace(l.Name); name != "" {
		i.Mark = j.fingerprint(name)
	}
	return i
}

// likeness stands for everything that is sent: deals of writes with the same likeness can be taken for each other.
func (j *job) likeness() (text string, err error) {
	raw, err := json.Marshal(j.plan.lead)
	if err != nil {
		return "", fmt.Errorf("encode deal: %w", err)
	}
	return j.clientKey() + "\x00" + string(raw), nil
}

func openKey(tenantID string) string { return store.Key(tenantID, "fire", "open") }

// announce makes the jobs' open intents known to all workers.
func (h *haul) announce(ctx context.Context, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	key := openKey(jobs[0].e.Tenant)
	var pairs []any
	for _, j := range jobs {
		like, err := j.likeness()
		if err != nil {
			return err
		}
		pairs = append(pairs, j.e.ID, j.fingerprint(like))
	}
	_, err := h.s.DB.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, key, pairs...)
		p.PExpire(ctx, key, openFor)
		return nil
	})
	if err != nil {
		return fmt.Errorf("announce deals: %w", err)
	}
	return nil
}

// retract takes back what was announced of jobs whose writes are no longer in doubt. Left over it only makes a lost deal
// less doubtful than it is, and that of the same client and content.
func (h *haul) retract(ctx context.Context, jobs []*job) {
	var ids []string
	for _, j := range jobs {
		if j.e.Steps.LeadIntent == nil {
			ids = append(ids, j.e.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	if err := h.s.DB.HDel(ctx, openKey(jobs[0].e.Tenant), ids...).Err(); err != nil {
		h.s.Log.WarnContext(ctx, "finished deals not taken back", "tenant", jobs[0].e.Tenant, "error", err)
	}
}

// rivals counts the writes, this one among them, that could have made the deal that the job is looking for.
func (j *job) rivals(ctx context.Context) (int, error) {
	like, err := j.likeness()
	if err != nil {
		return 0, err
	}
	open, err := j.s.DB.HGetAll(ctx, openKey(j.e.Tenant)).Result()
	if err != nil {
		return 0, fmt.Errorf("count open deals: %w", err)
	}
	n := 1
	for id, other := range open {
		if id != j.e.ID && j.marked(like, other) {
			n++
		}
	}
	return n, nil
}

// entity is something in the CRM that one entry has made, by its kind ("" for a deal) and id.
type entity struct {
	kind string
	id   int64
}

func (t entity) key(tenantID string) string {
	if t.kind == "" {
		return store.Key(tenantID, "fire", "own", strconv.FormatInt(t.id, 10))
	}
	return store.Key(tenantID, "fire", "own", t.kind, strconv.FormatInt(t.id, 10))
}

// taken says whether an entity is another entry's.
func (j *job) taken(ctx context.Context, t entity) (bool, error) {
	owner, err := j.s.DB.Get(ctx, t.key(j.e.Tenant)).Result()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whose it is: %w", err)
	}
	return owner != j.e.ID, nil
}

// own makes an entity this entry's; false when it is another's already.
func (j *job) own(ctx context.Context, t entity) (bool, error) {
	set, err := j.s.DB.SetNX(ctx, t.key(j.e.Tenant), j.e.ID, ownFor).Result()
	if err != nil {
		return false, fmt.Errorf("note whose it is: %w", err)
	}
	if set {
		return true, nil
	}
	taken, err := j.taken(ctx, t)
	return !taken, err
}

// user is the CRM user who is logged in, 0 when that is not known for certain.
func (h *haul) user() int64 {
	if h.meta.Stale {
		return 0
	}
	return int64(h.meta.Account.CurrentUserID)
}

// ours says of an author whether what he made can be of the write that the intent was stored for. The CRM names the user
// of the login as the author of such a write, or 0, as for a robot (amocrm.md §5.1). Everybody passes while one of the
// logins, that of the write and that of now, is not known.
func (h *haul) ours(i *Intent, author amocrm.ID) bool {
	now := h.user()
	return author == 0 || i.By == 0 || now == 0 || int64(author) == i.By || int64(author) == now
}
