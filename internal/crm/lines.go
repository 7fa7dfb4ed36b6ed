package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/store"
)

// lineFor is how long it is known which contact was made for a phone or e-mail: longer than the CRM's search lags behind.
const lineFor = 10 * time.Minute

// Lines are the phones and e-mails by which a contact of the client would be found, each in one form however it is written:
// two clients with a line in common are one person to the CRM. region is where phones without a country code are read.
func Lines(c helpdesk.Client, region string) []string {
	k := keysOf(c, region)
	var out []string
	for _, p := range k.phones {
		if n, ok := phone.E164(p, region); ok {
			out = append(out, n)
		} else {
			out = append(out, phone.Digits(p))
		}
	}
	return append(out, k.emails...)
}

// lineMarks stand for a client's lines in keys, which hold no phone: for each line one mark of each seal key, the newest
// first. Without phones and e-mails it asks nobody.
func (a *Account) lineMarks(ctx context.Context, c helpdesk.Client) ([][]string, error) {
	if len(c.Phones) == 0 && len(c.Emails) == 0 {
		return nil, nil
	}
	meta, err := a.meta(ctx, partAccount)
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, line := range Lines(c, a.region(meta.Account.Country)) {
		out = append(out, a.b.DB.Ring().Fingerprints("line", line))
	}
	return out, nil
}

// LockClient lets one writer at a time make things for a client, over all replicas: for his id in the helpdesk, and for each
// of his phones and e-mails, as several clients of the helpdesk may be one person. It saves from doubles made in parallel;
// as every such lock it may fail, so holders look at what exists after they get it. A client without all that is not locked.
func (a *Account) LockClient(ctx context.Context, c helpdesk.Client) (unlock func(), err error) {
	marks, err := a.lineMarks(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("lock client: %w", err)
	}
	var keys []string
	if c.ID != 0 {
		keys = append(keys, a.Keys().Lock("client", Decimal(c.ID)))
	}
	for _, line := range marks {
		for _, mark := range line { // of every seal key: a replica may not know the newest yet
			keys = append(keys, a.Keys().Lock("line", mark))
		}
	}
	unlock, err = lockAll(ctx, a.b.DB, keys)
	if err != nil {
		return nil, fmt.Errorf("lock client: %w", err)
	}
	return unlock, nil
}

// lockAll locks keys in the order of their names, so that no two who need several wait for each other, and holds all or none.
func lockAll(ctx context.Context, db *store.DB, keys []string) (unlock func(), err error) {
	slices.Sort(keys)
	var held []func()
	unlock = func() {
		for _, free := range slices.Backward(held) {
			free()
		}
	}
	for _, key := range slices.Compact(keys) {
		free, err := db.Lock(ctx, key, lockFor)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, free)
	}
	return unlock, nil
}

// rememberLines keeps for a while that a contact was made for a client's lines: others with the same phone or e-mail find it
// although the CRM's search lags.
func (a *Account) rememberLines(ctx context.Context, c helpdesk.Client, contactID int64) error {
	marks, err := a.lineMarks(ctx, c)
	if err != nil || len(marks) == 0 {
		return err
	}
	pipe := a.b.DB.TxPipeline()
	for _, line := range marks {
		pipe.Set(ctx, a.Keys().MadeLine(line[0]), contactID, lineFor)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("remember contact %d: %w", contactID, err)
	}
	return nil
}

// madeFor are the contacts that were made within a while for one of a client's lines and still have one of them, whoever they
// were made for.
func (a *Account) madeFor(ctx context.Context, c helpdesk.Client, region string) ([]amocrm.Contact, error) {
	marks, err := a.lineMarks(ctx, c)
	if err != nil || len(marks) == 0 {
		return nil, err
	}
	var keys []string
	for _, line := range marks {
		for _, mark := range line {
			keys = append(keys, a.Keys().MadeLine(mark))
		}
	}
	found, err := a.b.DB.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, fmt.Errorf("read made contacts: %w", err)
	}
	k := keysOf(c, region)
	var ids []int64
	var out []amocrm.Contact
	for _, value := range found {
		text, _ := value.(string)
		id := ParseID(text)
		if id == 0 || slices.Contains(ids, id) {
			continue
		}
		ids = append(ids, id)
		got, err := a.api.Contact(ctx, amocrm.ID(id))
		if errors.Is(err, amocrm.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read contact %d: %w", id, err)
		}
		if !got.IsDeleted && len(k.match(got, region)) > 0 { // else it has been changed since
			out = append(out, got)
		}
	}
	return out, nil
}
