package rules

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Refuse stores a job that can't be carried out as it stands: it has failed from the beginning and lies in the inbox,
// where its body can be edited. existed: the same body was refused within the last 24 hours, and the job is that one as it
// is now. A ticket that fires too often is stopped as in Accept.
func (s *Service) Refuse(ctx context.Context, t tenant.Tenant, f request.Refused) (e jobs.Job, existed bool, err error) {
	r := f.Stored()
	raw, err := json.Marshal(r)
	if err != nil {
		return jobs.Job{}, false, fmt.Errorf("encode firing: %w", err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00refused\x00", t.ID)
	h.Write(raw)
	problems := request.Stopping(f.Problems)
	e, existed, err = s.deps.Ledger.Accept(ctx, t.ID, jobs.Offer{Request: r, Repeat: hex.EncodeToString(h.Sum(nil)), End: jobs.Outcome{
		State: ledger.StateFailed, Label: ledger.LabelRefused, Why: ledger.Because("rule_refused", "", jobs.Summary(problems)), Problems: problems}})
	if err == nil && !existed {
		s.deps.OnOutcome(e)
	}
	return e, existed, err
}

// reread starts a refused job anew if its body can be read by now.
func (s Records) reread(ctx context.Context, tenantID string, e jobs.Job) error {
	u := e.Request.Unread
	if u.Cut {
		return &body.SyntaxError{Detail: fmt.Sprintf("only the first %d KiB of the body were kept: edit it", request.MaxUnread>>10)}
	}
	r, _, err := request.Bind(u.ContentType, u.Body)
	if err != nil {
		return err
	}
	_, err = s.edit(ctx, tenantID, e.ID, r)
	return err
}

// retryRefused starts the refused jobs anew that can be carried out by now.
func (s Records) retryRefused(ctx context.Context, tenantID string) (started int, err error) {
	q := Query{Label: ledger.LabelRefused, Limit: ledger.MaxPage}
	for {
		p, err := s.Inbox(ctx, tenantID, q)
		if err != nil {
			return started, err
		}
		for _, e := range p.Jobs {
			switch err := s.retry(ctx, tenantID, e.ID); {
			case err == nil:
				started++
			case request.ProblemsOf(err) == nil && !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrNotFound):
				return started, err
			}
		}
		if p.Next == "" {
			return started, nil
		}
		q.Before = p.Next
	}
}
