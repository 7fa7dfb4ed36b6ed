package rules

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/ledger"
)

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
