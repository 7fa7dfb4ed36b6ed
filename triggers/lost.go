package triggers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/bridge"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/store"
)

const (
	clockSkew = 5 * time.Second // the CRM's clock may be that much behind ours
	lookPage  = 250             // newest deals that are looked through
	lookOfOne = 20              // newest deals of the contact
	ownFor    = 30 * 24 * time.Hour
)

// lostDeal looks for the deal of a write whose answer is not known, and makes it this entry's. A zero result means that
// it is not there and was looked for long enough; *lookAgain that it has to be looked for once more.
func (j *job) lostDeal(ctx context.Context, client bridge.Client) (amocrm.ComplexResult, error) {
	intent := j.e.Steps.LeadIntent
	leads, err := j.candidates(ctx, intent.ContactID)
	if err != nil {
		return amocrm.ComplexResult{}, fmt.Errorf("look for the deal: %w", err)
	}
	for _, l := range leads {
		if taken, err := j.taken(ctx, int64(l.ID)); err != nil {
			return amocrm.ComplexResult{}, err
		} else if taken {
			continue
		}
		contact, err := j.belongs(ctx, l, client, intent.ContactID)
		if err != nil {
			return amocrm.ComplexResult{}, fmt.Errorf("look for the deal's contact: %w", err)
		}
		if contact == 0 {
			continue
		}
		ours, err := j.own(ctx, int64(l.ID))
		if err != nil {
			return amocrm.ComplexResult{}, err
		}
		if ours {
			return amocrm.ComplexResult{ID: l.ID, ContactID: contact}, nil
		}
	}
	return amocrm.ComplexResult{}, j.looked(ctx, intent, "looked for the deal: not in the CRM")
}

// candidates are deals like ours made since the intent, the likeliest first.
func (j *job) candidates(ctx context.Context, contactID int64) ([]amocrm.Lead, error) {
	api := j.account.API()
	found, err := api.NewestLeads(ctx, lookPage)
	if err != nil {
		return nil, err
	}
	if contactID != 0 {
		more, err := j.leadsOf(ctx, amocrm.ID(contactID))
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	since := j.e.Steps.LeadIntent.At.Add(-clockSkew).Unix()
	f := j.e.Request.Fields
	seen := map[amocrm.ID]bool{}
	found = slices.DeleteFunc(found, func(l amocrm.Lead) bool {
		other := seen[l.ID] || l.IsDeleted || l.CreatedAt < since ||
			f.Name != "" && strings.TrimSpace(l.Name) != f.Name ||
			f.PipelineID != 0 && int64(l.PipelineID) != f.PipelineID ||
			f.Price != nil && int64(l.Price) != *f.Price
		seen[l.ID] = true
		return other
	})
	// The stage may have been moved by a robot of the CRM: it makes a deal likelier, no more.
	slices.SortStableFunc(found, func(a, b amocrm.Lead) int {
		same := func(l amocrm.Lead) int {
			if int64(l.StatusID) == f.StatusID {
				return 0
			}
			return 1
		}
		return cmp.Or(same(a)-same(b), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

// leadsOf returns the newest deals of a contact; the account's list may be too busy to show them.
func (j *job) leadsOf(ctx context.Context, contact amocrm.ID) ([]amocrm.Lead, error) {
	api := j.account.API()
	c, err := api.Contact(ctx, contact)
	if errors.Is(err, amocrm.ErrNotFound) || err == nil && len(c.LeadIDs) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ids := slices.Clone(c.LeadIDs)
	slices.SortFunc(ids, func(a, b amocrm.ID) int { return cmp.Compare(b, a) })
	ids = ids[:min(len(ids), lookOfOne)]
	found, err := api.Leads(ctx, ids)
	if !errors.Is(err, amocrm.ErrFilterOff) {
		return found, err
	}
	for _, id := range ids[:min(len(ids), 3)] {
		l, err := api.Lead(ctx, id)
		if err != nil && !errors.Is(err, amocrm.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			found = append(found, l)
		}
	}
	return found, nil
}

// belongs returns the deal's contact if it is the one meant: the known one, or one with the client's phone, e-mail or,
// failing both, name. 0 means no.
func (j *job) belongs(ctx context.Context, l amocrm.Lead, client bridge.Client, contactID int64) (amocrm.ID, error) {
	region := ""
	if contactID == 0 {
		var err error
		if region, err = j.region(ctx); err != nil {
			return 0, err
		}
	}
	for _, m := range l.Contacts {
		if contactID != 0 {
			if int64(m.ID) == contactID {
				return m.ID, nil
			}
			continue
		}
		c, err := j.account.API().Contact(ctx, m.ID)
		if errors.Is(err, amocrm.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if sameClient(c, client, region) {
			return m.ID, nil
		}
	}
	return 0, nil
}

func sameClient(c amocrm.Contact, client bridge.Client, region string) bool {
	keyed := false
	for _, f := range c.Fields {
		for _, v := range f.Text() {
			switch strings.ToUpper(f.FieldCode) {
			case "PHONE":
				keyed = true
				for _, p := range client.Phones {
					if bridge.SameNumber(p, v, region) {
						return true
					}
				}
			case "EMAIL":
				keyed = true
				for _, m := range client.Emails {
					if strings.EqualFold(strings.TrimSpace(m), strings.TrimSpace(v)) {
						return true
					}
				}
			}
		}
	}
	name := strings.TrimSpace(c.Name)
	if name == "" {
		name = strings.TrimSpace(c.FirstName + " " + c.LastName)
	}
	return !keyed && strings.EqualFold(name, strings.TrimSpace(client.Name))
}

// region is where phones without a country code are read, as in package bridge.
func (j *job) region(ctx context.Context) (string, error) {
	t, err := j.tenant(ctx)
	if err != nil {
		return "", err
	}
	meta, err := j.account.Meta(ctx)
	if err != nil {
		return "", err
	}
	return cmp.Or(t.Settings.Region, meta.Account.Country, bridge.DefaultRegion), nil
}

// taken says whether a deal is another entry's.
func (j *job) taken(ctx context.Context, leadID int64) (bool, error) {
	owner, err := j.s.DB.Get(ctx, ownKey(j.e.Tenant, leadID)).Result()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whose deal it is: %w", err)
	}
	return owner != j.e.ID, nil
}

func ownKey(tenantID string, leadID int64) string {
	return store.Key(tenantID, "fire", "own", strconv.FormatInt(leadID, 10))
}

// own makes a deal this entry's; false when it is another's already.
func (j *job) own(ctx context.Context, leadID int64) (bool, error) {
	set, err := j.s.DB.SetNX(ctx, ownKey(j.e.Tenant, leadID), j.e.ID, ownFor).Result()
	if err != nil {
		return false, fmt.Errorf("own deal: %w", err)
	}
	if set {
		return true, nil
	}
	taken, err := j.taken(ctx, leadID)
	return !taken, err
}

// looked counts a look that found nothing. Two looks some time apart, the last one a while after the write, are enough:
// then nil says that it was not done.
func (j *job) looked(ctx context.Context, intent *Intent, text string) error {
	now := j.now()
	if intent.LookedAt.IsZero() || now.Sub(intent.LookedAt) >= j.s.LookGap {
		intent.Looks++
		intent.LookedAt = now
		if err := j.s.ledger.Record(ctx, *j.e, text); err != nil {
			return err
		}
	}
	if intent.Looks >= 2 && now.Sub(intent.At) >= j.s.LookFor {
		return nil
	}
	return &lookAgain{after: max(j.s.LookGap, j.s.LookFor-now.Sub(intent.At))}
}

// lostNote looks for the note of a write whose answer is not known; as lostDeal.
func (j *job) lostNote(ctx context.Context, text string) (int64, error) {
	st := &j.e.Steps
	notes, err := j.account.API().Notes(ctx, "leads", amocrm.ID(st.LeadID), 50)
	if err != nil {
		return 0, fmt.Errorf("look for the note: %w", err)
	}
	since := st.NoteIntent.At.Add(-clockSkew).Unix()
	for _, n := range notes {
		var params struct {
			Text string `json:"text"`
		}
		if n.Type != "common" || n.CreatedAt < since || json.Unmarshal(n.Params, &params) != nil {
			continue
		}
		if plainLines(params.Text) == plainLines(text) {
			return int64(n.ID), nil
		}
	}
	return 0, j.looked(ctx, st.NoteIntent, "looked for the note: not in the CRM")
}

func plainLines(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
