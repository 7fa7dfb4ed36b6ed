package rules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/ledger"
)

const (
	// lookBack is how long before an intent the look for its write begins: the Date that the CRM sends may be minutes ahead
	// of the created_at that it stores. What is found in addition is another entry's (thing), another author's (ours), or was
	// made from a card (Account.DealsMade).
	lookBack  = 10 * time.Minute
	lookPage  = 250 // newest deals that are looked through
	lookOfOne = 20  // newest deals of the contact

	maxCandidates = 10 // shown to a person
	ownFor        = 30 * 24 * time.Hour
)

// look looks for the deals whose answers are not known, and makes them their jobs'.
func (d deals) look(ctx context.Context, jobs []*job) {
	ctx, end := step(ctx, "lost leads", time.Time{}, len(jobs))
	defer end()
	newest, err := d.account.API().NewestLeads(ctx, lookPage)
	if err != nil {
		for _, j := range jobs {
			j.fail(ctx, fmt.Errorf("look for the deal: %w", err))
		}
		return
	}
	var found []*job
	for _, j := range jobs { // one after the other: what one takes is not the next one's
		if j.ended() {
			continue
		}
		switch r, err := j.lostDeal(ctx, newest); {
		case err != nil:
			j.fail(ctx, err)
		case r.id != 0:
			j.adopt(r)
			found = append(found, j)
		default:
			j.e.Steps.LeadIntent = nil
		}
	}
	d.record(ctx, found, func(j *job) ledger.Reason {
		return ledger.Because("deal_found", j.e.Steps.LeadID, "")
	})
	d.retract(ctx, jobs)
	d.conclude(ctx, found)
}

// lostDeal looks for the deal of a write whose answer is not known, and makes it this entry's. A zero result means that
// it is not there and was looked for long enough; *lookAgain that it has to be looked for once more. When there are more
// such deals than writes that could have made them, nobody guesses: the *refusal carries them to the inbox.
func (j *job) lostDeal(ctx context.Context, newest []amocrm.Lead) (made, error) {
	intent := j.e.Steps.LeadIntent
	leads, err := j.candidates(ctx, newest)
	if err != nil {
		return made{}, fmt.Errorf("look for the deal: %w", err)
	}
	rivals, err := j.rivals(ctx) // before looking whose the deals are: a rival that finishes in between takes his out of both
	if err != nil {
		return made{}, err
	}
	var mine, unlike []match
	for _, l := range leads {
		if taken, err := j.taken(ctx, entity{id: int64(l.ID)}); err != nil {
			return made{}, err
		} else if taken {
			continue
		}
		contact, err := j.belongs(ctx, l, intent.ContactID)
		switch {
		case err != nil:
			return made{}, fmt.Errorf("look for the deal's contact: %w", err)
		case contact == 0:
		case fits(j.plan.Lead, l):
			mine = append(mine, match{l, contact})
		default:
			unlike = append(unlike, match{l, contact})
		}
	}
	if len(mine) > rivals {
		return made{}, j.undecided(mine)
	}
	for _, m := range mine {
		ours, err := j.own(ctx, entity{id: int64(m.lead.ID)})
		if err != nil {
			return made{}, err
		}
		if ours {
			return made{id: int64(m.lead.ID), contact: int64(m.contact)}, nil
		}
	}
	err = j.looked(ctx, intent, "=deal_looked")
	if err == nil && len(unlike) > 0 { // somebody may have changed it since
		return made{}, j.undecided(unlike)
	}
	return made{}, err
}

type match struct {
	lead    amocrm.Lead
	contact amocrm.ID
}

// undecided leaves it to a person which deal is the entry's.
func (j *job) undecided(found []match) error {
	j.e.Steps.Candidates = nil
	for _, m := range found[:min(len(found), maxCandidates)] {
		j.e.Steps.Candidates = append(j.e.Steps.Candidates, Candidate{LeadID: int64(m.lead.ID), Name: m.lead.Name,
			URL: j.account.DealURL(int64(m.lead.ID)), CreatedAt: time.Unix(m.lead.CreatedAt, 0).UTC()})
	}
	return &refusal{why: ledger.Because("twins", len(found), "")}
}

// fits says that nothing in the deal contradicts what was sent.
func fits(sent amocrm.LeadInput, l amocrm.Lead) bool {
	for _, want := range sent.Fields {
		i := slices.IndexFunc(l.Fields, func(f amocrm.FieldValue) bool {
			return want.FieldID != 0 && f.FieldID == want.FieldID || want.FieldID == 0 && strings.EqualFold(f.FieldCode, want.FieldCode)
		})
		if i < 0 || len(want.Values) != 1 || len(l.Fields[i].Values) != 1 {
			continue
		}
		w, got := want.Values[0], l.Fields[i]
		text, isText := w.Value.(string)
		if w.EnumID != 0 && got.Values[0].EnumID != 0 && w.EnumID != got.Values[0].EnumID ||
			isText && got.FieldType == "text" && plainLines(text) != plainLines(got.Text()[0]) {
			return false
		}
	}
	return true
}

// candidates are deals like ours made since the intent, in the order of their making.
func (j *job) candidates(ctx context.Context, newest []amocrm.Lead) ([]amocrm.Lead, error) {
	intent := j.e.Steps.LeadIntent
	found := slices.Clone(newest)
	if intent.ContactID != 0 { // the account's list may be too busy to show them
		more, err := j.leadsOf(ctx, amocrm.ID(intent.ContactID))
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	since := j.since(intent)
	if intent.ContactID == 0 && len(newest) == lookPage && newest[lookPage-1].CreatedAt >= since {
		// More deals were made since than one page shows. With this one its contact was made.
		contact, _, err := j.account.Resolve(ctx, j.ticket.Client)
		if err != nil {
			return nil, err
		}
		if contact != 0 {
			more, err := j.leadsOf(ctx, amocrm.ID(contact))
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
	}
	byHand, err := j.account.DealsMade(ctx, j.ticket.Client.ID)
	if err != nil {
		return nil, err
	}
	seen := map[amocrm.ID]bool{}
	found = slices.DeleteFunc(found, func(l amocrm.Lead) bool {
		other := seen[l.ID] || l.IsDeleted || l.CreatedAt < since || !j.ours(intent, l.CreatedBy) ||
			slices.Contains(byHand, int64(l.ID)) ||
			intent.Mark != "" && !j.marked(strings.TrimSpace(l.Name), intent.Mark) ||
			intent.PipelineID != 0 && int64(l.PipelineID) != intent.PipelineID ||
			intent.Price != nil && int64(l.Price) != *intent.Price
		seen[l.ID] = true
		return other
	})
	slices.SortFunc(found, func(a, b amocrm.Lead) int { return cmp.Compare(a.ID, b.ID) })
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
func (j *job) belongs(ctx context.Context, l amocrm.Lead, contactID int64) (amocrm.ID, error) {
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
		if people.SameClient(c, j.ticket.Client, j.region) {
			return m.ID, nil
		}
	}
	return 0, nil
}
