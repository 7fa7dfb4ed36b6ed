package rules

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
)

// intent is what is stored before the job's deal is sent.
func (j *job) intent() *Intent {
	l := j.plan.Deal
	i := &Intent{At: j.now(), ContactID: j.contactID, PipelineID: l.PipelineID, Price: wholeOf(l.Price), By: j.user()}
	if name := strings.TrimSpace(l.Name); name != "" {
		i.Mark = j.fingerprint(name)
	}
	return i
}

// likeness stands for everything that is sent: deals of writes with the same likeness can be taken for each other.
func (j *job) likeness() (text string, err error) {
	content, err := j.plan.Deal.Content()
	return j.clientKey() + "\x00" + content, err
}

// announce makes the jobs' open intents known to all workers.
func (h *haul) announce(ctx context.Context, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	writes := map[string]string{}
	for _, j := range jobs {
		like, err := j.likeness()
		if err != nil {
			return err
		}
		writes[j.e.ID] = j.fingerprint(like)
	}
	return h.ledger.Register(ctx, jobs[0].e.Tenant, writes)
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
	if err := h.ledger.Unregister(ctx, jobs[0].e.Tenant, ids); err != nil {
		h.deps.Log.WarnContext(ctx, "finished deals not taken back", "tenant", jobs[0].e.Tenant, "error", err)
	}
}

// rivals counts the writes, this one among them, that could have made the deal that the job is looking for.
func (j *job) rivals(ctx context.Context) (int, error) {
	like, err := j.likeness()
	if err != nil {
		return 0, err
	}
	open, err := j.ledger.Registered(ctx, j.e.Tenant)
	if err != nil {
		return 0, err
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

// String is the entity as the ledger knows it.
func (t entity) String() string {
	if t.kind == "" {
		return strconv.FormatInt(t.id, 10)
	}
	return t.kind + ":" + strconv.FormatInt(t.id, 10)
}

// taken reports whether an entity is another entry's.
func (j *job) taken(ctx context.Context, t entity) (bool, error) {
	owner, err := j.ledger.ClaimedBy(ctx, j.e.Tenant, t.String())
	return owner != "" && owner != j.e.ID, err
}

// own makes an entity this entry's; false when it is another's already.
func (j *job) own(ctx context.Context, t entity) (bool, error) {
	return j.ledger.ClaimObject(ctx, j.e.Tenant, j.e.ID, t.String())
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
func (h *haul) ours(i *Intent, author int64) bool {
	now := h.user()
	return author == 0 || i.By == 0 || now == 0 || author == i.By || author == now
}

// wholeOf is a price without cents, nil for any other.
func wholeOf(price json.Number) *int64 {
	n, err := price.Int64()
	if err != nil || strings.Contains(price.String(), ".") {
		return nil
	}
	return &n
}
