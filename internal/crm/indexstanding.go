package crm

import (
	"context"
	"fmt"

	"github.com/sidecard/sidecard/internal/store"
)

// IndexStanding is how an account's index stands.
type IndexStanding struct {
	Begun, Ready bool
	Contacts     int // that were read
	Over         int // the limit that the account exceeds, 0 if it does not
}

// IndexOf returns how a tenant's index stands.
func IndexOf(ctx context.Context, db *store.DB, tenantID string) (IndexStanding, error) {
	got, err := db.HGetAll(ctx, Keys(tenantID).Index()).Result()
	if err != nil {
		return IndexStanding{}, fmt.Errorf("read the state of the index: %w", err)
	}
	return IndexStanding{Begun: got["form"] != "", Ready: got["ready"] == "1", Contacts: int(ParseID(got["count"])), Over: int(ParseID(got["over"]))}, nil
}

// Standing returns how the index stands. One that is switched off is not begun.
func (x *Index) Standing(ctx context.Context) (IndexStanding, error) {
	if x.off() {
		return IndexStanding{}, nil
	}
	return IndexOf(ctx, x.account.DB(), x.account.tenant.ID)
}
