package login

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// ticket is a login that waits for a decision. It is stored sealed under a digest of its name.
type ticket struct {
	oauth.Form
	TenantID  string      `json:"tenant"`
	SessionID string      `json:"session"`
	Lang      string      `json:"lang"`
	Grant     oauth.Grant `json:"grant"`
	Others    []string    `json:"others"` // newest login first
}

// Check implements oauth.Versioned.
func (t *ticket) Check() error {
	if t.Grant.V > oauth.GrantSchema {
		return fmt.Errorf("%w: its grant was written by a newer version (form %d, this one knows %d)", oauth.ErrState, t.Grant.V, oauth.GrantSchema)
	}
	return t.Form.Check()
}

// others are the tenants that hold the same amoCRM account through other credentials, the newest login first. A tenant that
// has been connected itself asks no more.
func (f *Flow) others(ctx context.Context, t tenant.Tenant, accountID int64) (others []string, err error) {
	if !t.ConnectedAt.IsZero() {
		return nil, nil
	}
	ids, err := f.dir.ByAccount(ctx, t.AmoBase)
	if err != nil {
		return nil, fmt.Errorf("look for the account's other logins: %w", err)
	}
	var found []tenant.Tenant
	for _, id := range ids {
		other, err := f.dir.Get(ctx, id)
		if errors.Is(err, tenant.ErrNotFound) || err == nil && (id == t.ID || other.AccountID != accountID) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for the account's other logins: %w", err)
		}
		found = append(found, other)
	}
	slices.SortFunc(found, func(a, b tenant.Tenant) int {
		return cmp.Or(b.ConnectedAt.Compare(a.ConnectedAt), strings.Compare(a.ID, b.ID))
	})
	for _, other := range found {
		others = append(others, other.ID)
	}
	return others, nil
}

// ask keeps the login until the person has decided.
func (f *Flow) ask(ctx context.Context, r Result, grant oauth.Grant, others []string) (*Conflict, error) {
	name := rand.Text()
	grant.V = oauth.GrantSchema
	t := ticket{TenantID: r.TenantID, SessionID: r.SessionID, Lang: r.Lang, Grant: grant, Others: others}
	if err := f.states.Put(ctx, "login-ticket", name, &t); err != nil {
		return nil, fmt.Errorf("keep the login until the decision: %w", err)
	}
	return &Conflict{Ticket: name, Others: len(others)}, nil
}

// Decide ends a login whose account is already connected with another credential. replace: this credential opens the tenant
// of the newest other login from now on, with its links and settings, and that one's old credential opens nothing; what waits
// to be sent for this one is taken along, and the Result's TenantID is the kept one. Else both live side by side. Errors:
// ErrTicket, also when another person has decided meanwhile.
func (f *Flow) Decide(ctx context.Context, name string, replace bool) (Result, error) {
	var t ticket
	err := f.states.Take(ctx, "login-ticket", name, &t)
	if errors.Is(err, oauth.ErrState) {
		err = ErrTicket
	}
	if err != nil {
		return Result{}, fmt.Errorf("decide: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	r := Result{TenantID: t.TenantID, SessionID: t.SessionID, Lang: t.Lang, AccountName: t.Grant.AccountName}
	if replace {
		if err := f.replace(ctx, t, &r); err != nil {
			return r, fmt.Errorf("decide: %w", err)
		}
	}
	return r, f.connect(ctx, r.TenantID, t.Grant)
}

// replace lets the credential of the ticket's tenant open another one from now on, and notes which in r.
func (f *Flow) replace(ctx context.Context, t ticket, r *Result) error {
	fresh, err := f.dir.Get(ctx, t.TenantID)
	if errors.Is(err, tenant.ErrNotFound) || err == nil && !fresh.ConnectedAt.IsZero() {
		return ErrTicket // it has a login, links and deals of its own by now, or is replaced already
	}
	if err != nil {
		return err
	}
	into, err := f.standing(ctx, t.Others)
	if err != nil || into == "" {
		return err
	}
	// Twice: before, so that a crash finds nothing left behind, and after, when nothing new can come any more.
	before, err := f.carry(ctx, t.TenantID, into)
	if err != nil {
		return err
	}
	// First the credential: until it leads there, the grant has no business in the other tenant.
	if err := f.dir.Adopt(ctx, t.TenantID, into); err != nil {
		return err
	}
	after, err := f.carry(ctx, t.TenantID, into)
	if err != nil {
		return err
	}
	r.TenantID, r.Carried = into, before+after
	return nil
}

// standing is the first of ids that still exists.
func (f *Flow) standing(ctx context.Context, ids []string) (string, error) {
	for _, id := range ids {
		_, err := f.dir.Get(ctx, id)
		if errors.Is(err, tenant.ErrNotFound) {
			continue
		}
		return id, err
	}
	return "", nil
}
