package webhooks

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/internal/turn"
)

const (
	gatherFor  = 20 * time.Millisecond // for what comes with a hook
	gatherMost = 200
	handleTime = 10 * time.Second // for the work on what has been gathered of one account
	ownerTime  = time.Second      // for the look whose a hook is, before amoCRM has its answer
	inboxBytes = 16 << 20         // of all bodies that wait; of one that does not fit it is only known that something has changed
)

// hook is one request of amoCRM's that waits to be handled. whole is false when the body was too big or cut off.
type hook struct {
	secret string
	raw    []byte
	whole  bool
}

// Routes mounts the address that amoCRM posts to.
func (s *Service) Mount(r *route.Router) { r.Webhook().POST(hookPath+":secret", s.receive) }

// receive answers 200 whatever comes: amoCRM disables hooks that answer otherwise, and strangers learn nothing. The work
// comes after the answer, which amoCRM wants within two seconds (amocrm.md §7.2). A stranger's costs a look into Redis at
// most, one for each seal key: the body is not read, nothing is stored, and it takes no place in the queue.
func (s *Service) receive(c echo.Context) error {
	secret := c.Param("secret")
	if !secretShape.MatchString(secret) || s.unowned(c.Request().Context(), secret) {
		s.received.WithLabelValues(resultHandled).Inc()
		return c.NoContent(http.StatusOK)
	}
	raw, err := io.ReadAll(io.LimitReader(c.Request().Body, maxBody+1))
	h := hook{secret: secret, raw: raw, whole: err == nil && len(raw) <= maxBody}
	if size := int64(len(raw)); s.waiting.Add(size) > inboxBytes {
		s.waiting.Add(-size)
		h.raw, h.whole = nil, false
	}
	select {
	case s.inbox <- h:
	default:
		s.waiting.Add(-int64(len(h.raw)))
		s.received.WithLabelValues(resultDropped).Inc()
		s.Log.Warn("hook dropped, too many wait")
	}
	return c.NoContent(http.StatusOK)
}

// unowned reports that a secret leads to no tenant; false when Redis does not tell.
func (s *Service) unowned(ctx context.Context, secret string) bool {
	ctx, cancel := context.WithTimeout(turn.Background(ctx), ownerTime)
	defer cancel()
	id, err := s.owner(ctx, secret)
	return err == nil && id == ""
}

// gather returns the hook and those that came with it, by their secrets. A change of many deals brings many, and what they cost together is
// little more than what one costs.
func (s *Service) gather(first hook) map[string][]hook {
	select {
	case <-s.ctx.Done():
	case <-time.After(gatherFor):
	}
	out := map[string][]hook{first.secret: {first}}
	for range gatherMost {
		select {
		case h := <-s.inbox:
			out[h.secret] = append(out[h.secret], h)
		default:
			return out
		}
	}
	return out
}

// handle does what hooks with one secret ask for and logs what fails.
func (s *Service) handle(secret string, hooks []hook) {
	ctx, cancel := context.WithTimeout(s.ctx, handleTime)
	defer cancel()
	err := s.apply(ctx, secret, hooks)
	for _, h := range hooks {
		s.waiting.Add(-int64(len(h.raw)))
	}
	if err == nil {
		s.received.WithLabelValues(resultHandled).Add(float64(len(hooks)))
		return
	}
	s.received.WithLabelValues(resultFailed).Add(float64(len(hooks)))
	if s.ctx.Err() == nil {
		s.Log.Warn("hooks not handled", "error", err)
	}
}

// apply makes old what the hooks name, and tells who listens.
func (s *Service) apply(ctx context.Context, secret string, hooks []hook) error {
	id, err := s.owner(ctx, secret)
	if err != nil {
		return err
	}
	if id == "" {
		s.Log.Debug("hook with an unknown secret")
		return nil
	}
	t, err := s.Tenants.Get(ctx, id)
	if errors.Is(err, tenant.ErrNotFound) {
		s.Log.Debug("hook of a tenant that is gone", "tenant", id)
		return nil
	}
	if err != nil {
		return err
	}
	account, err := s.Open(ctx, id)
	if err != nil {
		return err
	}
	var items []Item
	unknown := false // something has changed, nobody knows what
	for _, h := range hooks {
		turn.Wait(ctx)
		body, err := Body{}, error(nil)
		if h.whole {
			body, err = Parse(h.raw)
		}
		switch {
		case !h.whole || err != nil:
			s.Log.Info("hook not readable", "tenant", id, "bytes", len(h.raw))
			unknown = true
		case body.Account != 0 && body.Account != t.AccountID:
			s.Log.Info("hook of another account", "tenant", id, "account", body.Account)
		default:
			items = append(items, body.Items...)
		}
	}
	if unknown {
		err = account.Reads.ForgetData(ctx)
	}
	return errors.Join(err, s.tell(ctx, id, account.Reads, items))
}

// tell sorts the items of hooks into those that we wrote ourselves and all others.
func (s *Service) tell(ctx context.Context, tenantID string, reads Reads, items []Item) error {
	user := int64(0)
	if len(items) > 0 {
		status, err := s.Grants.Status(ctx, tenantID)
		if err != nil {
			return err
		}
		user = status.UserID
	}
	changes := map[string]*crm.Change{}
	forget := false
	for _, it := range items {
		writer, err := s.writer(ctx, reads, it, user)
		if err != nil {
			return err
		}
		if writer == "" && membership[it.Kind+" "+it.Action] {
			forget = true
		}
		c := changes[writer]
		if c == nil {
			c = &crm.Change{By: writer}
			changes[writer] = c
		}
		into := &c.Deals
		if it.Kind == Contacts {
			into = &c.Contacts
		}
		if !slices.Contains(*into, it.ID) {
			*into = append(*into, it.ID)
		}
	}
	var failed []error
	if forget {
		failed = append(failed, reads.ForgetData(ctx))
	}
	for _, c := range changes {
		failed = append(failed, reads.Changed(ctx, *c))
	}
	return errors.Join(failed...)
}

// membership are the changes that may add somebody or something to a list that does not show it yet.
var membership = map[string]bool{
	"leads add": true, "leads restore": true, "contacts add": true, "contacts restore": true,
}

// writer returns who of us made a change, "" for nobody. A change by another amoCRM user than the one who logged in is never
// ours.
func (s *Service) writer(ctx context.Context, reads Reads, it Item, user int64) (string, error) {
	if it.By != 0 && user != 0 && it.By != user {
		return "", nil
	}
	aspect := crm.AspectData
	if it.Action == "note" {
		aspect = crm.AspectNote
	}
	return reads.Writer(ctx, it.Kind, it.ID, aspect)
}
