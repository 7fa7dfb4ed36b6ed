package feed

import (
	"context"
	"slices"
	"strings"
)

// RememberNote stores that a note of a deal was written from the helpdesk (Memory.RememberNote).
func (fs *Feeds) RememberNote(ctx context.Context, leadID, noteID int64) error {
	return fs.account.Memory().RememberNote(ctx, leadID, noteID)
}

// markMine marks the comments that were written from the helpdesk.
func (fs *Feeds) markMine(ctx context.Context, leadID int64, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	own, err := fs.account.Memory().HelpdeskNotes(ctx, leadID)
	if err != nil {
		return err
	}
	for i := range items {
		id, ok := strings.CutPrefix(items[i].ID, "note-")
		items[i].Mine = ok && slices.Contains(own, id)
	}
	return nil
}
