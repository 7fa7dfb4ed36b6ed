package rules

import (
	"context"
	"errors"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/ledger"
)

// Our own comment may fire the rule that it tells of. A job counts as caused by it when its name, comment or task
// quotes the comment's marker, and the marker is that of a job of the same tenant and ticket whose outcome was told
// within the last hour. Ids can't be guessed and the comment is private, so no client can have a job ignored; an
// agent who quotes it later, or on another ticket, is not mistaken for a loop.

const (
	loopWithin = time.Hour
	loopLooks  = 3 // markers of one job that are looked at
)

// causedBy returns the job whose comment caused r, "" when none did.
func (s *Service) causedBy(ctx context.Context, tenantID string, r request.Request) (string, error) {
	texts := r.Fields.Name + "\n" + r.Comment
	if r.Task != nil {
		texts += "\n" + r.Task.Text
	}
	for _, id := range jobs.MarkersIn(texts, loopLooks) {
		e, err := s.deps.Ledger.Get(ctx, tenantID, id)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		if e.Steps.Told != "" && e.Request.TicketID == r.TicketID && time.Since(e.UpdatedAt) < loopWithin {
			return e.ID, nil
		}
	}
	return "", nil
}
