package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// mineFor is how long it is known of a comment that it was written from the helpdesk, counted from the deal's last one.
const mineFor = 400 * 24 * time.Hour

// RememberNote keeps that a note of a deal was written from the helpdesk. The CRM's own author says less: every note of
// this connection is the one user's who logged in.
func (a *Account) RememberNote(ctx context.Context, leadID, noteID int64) error {
	pipe := a.b.DB.TxPipeline()
	pipe.SAdd(ctx, a.Keys().HelpdeskNotes(leadID), noteID)
	pipe.Expire(ctx, a.Keys().HelpdeskNotes(leadID), mineFor)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("remember note: %w", err)
	}
	return nil
}

// markMine marks the comments that were written from the helpdesk.
func (a *Account) markMine(ctx context.Context, leadID int64, items []FeedItem) error {
	if len(items) == 0 {
		return nil
	}
	mine, err := a.b.DB.SMembers(ctx, a.Keys().HelpdeskNotes(leadID)).Result()
	if err != nil {
		return fmt.Errorf("read notes written from the helpdesk: %w", err)
	}
	for i := range items {
		id, ok := strings.CutPrefix(items[i].ID, "note-")
		items[i].Mine = ok && slices.Contains(mine, id)
	}
	return nil
}
