package triggers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/store"
)

// openFor is how long an open intent counts: a little longer than an entry may wait.
const openFor = waitAtMost + 24*time.Hour

// intent is what is stored before the job's deal is sent.
func (j *job) intent() *Intent {
	l := j.plan.lead
	i := &Intent{At: j.now(), ContactID: j.contactID, PipelineID: int64(l.PipelineID), Price: wholeOf(l.Price)}
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

func ownKey(tenantID string, leadID int64) string {
	return store.Key(tenantID, "fire", "own", strconv.FormatInt(leadID, 10))
}

// taken says whether a deal is another entry's.
func (j *job) taken(ctx context.Context, leadID int64) (bool, error) {
	owner, err := j.s.DB.Get(ctx, ownKey(j.e.Tenant, leadID)).Result()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whose deal it is: %w", err)
	}
	return owner != j.e.ID, nil
}

// own makes a deal this entry's; false when it is another's already.
func (j *job) own(ctx context.Context, leadID int64) (bool, error) {
	set, err := j.s.DB.SetNX(ctx, ownKey(j.e.Tenant, leadID), j.e.ID, ownFor).Result()
	if err != nil {
		return false, fmt.Errorf("own deal: %w", err)
	}
	if set {
		return true, nil
	}
	taken, err := j.taken(ctx, leadID)
	return !taken, err
}
