package worker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/crm/bulk"
	"github.com/sidecard/sidecard/internal/ledger"
)

const (
	// lookBack is how long before an intent the look for its write begins: the Date that the CRM sends may be minutes ahead
	// of the created_at that it stores. What is found in addition is another job's (claimed), another author's (mayBeBy), or was
	// made from a card (Account.DealsMade).
	lookBack  = 10 * time.Minute
	lookPage  = 250 // newest deals that are looked through
	lookOfOne = 20  // newest deals of the contact

	maxCandidates = 10 // shown to a person
)

// Look looks for the deals whose answers are not known, and makes them their items'.
func (d leads) Look(ctx context.Context, items []*item) {
	ctx, end := step(ctx, "lost leads", time.Time{}, len(items))
	defer end()
	newest, err := d.account.NewestDeals(ctx, lookPage)
	if err != nil {
		failAll(ctx, items, fmt.Errorf("look for the deal: %w", err))
		return
	}
	var found []*item
	for _, it := range items { // one after the other: what one takes is not the next one's
		if it.ended() {
			continue
		}
		switch r, err := (lostDeal{lostWrite{it, it.job.Steps.LeadIntent}, newest}).find(ctx); {
		case err != nil:
			it.fail(ctx, err)
		case r.ID != 0:
			d.setDeal(it, r)
			found = append(found, it)
		default:
			it.job.Steps.LeadIntent = nil
		}
	}
	d.record(ctx, found, func(it *item) ledger.Reason {
		return ledger.Because("deal_found", it.job.Steps.LeadID, "")
	})
	d.unregister(ctx, items)
	d.conclude(ctx, found)
}

// lostDeal is a deal whose answer was lost.
type lostDeal struct {
	lostWrite
	newest []bulk.FoundDeal // of the account
}

// find looks for the deal of a write whose answer is not known, and makes it this job's. A zero result means that
// it is not there and was looked for long enough; *lookAgain that it has to be looked for once more. When there are more
// such deals than writes that could have made them, nobody guesses: the *Refusal carries them to the inbox.
func (l lostDeal) find(ctx context.Context) (bulk.Made, error) {
	leads, err := l.candidates(ctx)
	if err != nil {
		return bulk.Made{}, fmt.Errorf("look for the deal: %w", err)
	}
	similar, err := l.countSimilar(ctx) // before looking whose the deals are: one that finishes in between takes its deal out of both
	if err != nil {
		return bulk.Made{}, err
	}
	var mine, unlike []match
	for _, deal := range leads {
		if claimed, err := l.claimed(ctx, jobs.DealObject(deal.ID)); err != nil {
			return bulk.Made{}, err
		} else if claimed {
			continue
		}
		contact, err := l.matchingContact(ctx, deal)
		switch {
		case err != nil:
			return bulk.Made{}, fmt.Errorf("look for the deal's contact: %w", err)
		case contact == 0:
		case l.plan.Deal.Fits(deal):
			mine = append(mine, match{deal, contact})
		default:
			unlike = append(unlike, match{deal, contact})
		}
	}
	if len(mine) > similar {
		return bulk.Made{}, l.ambiguous(mine)
	}
	for _, m := range mine {
		ours, err := l.claim(ctx, jobs.DealObject(m.deal.ID))
		if err != nil {
			return bulk.Made{}, err
		}
		if ours {
			return bulk.Made{ID: m.deal.ID, ContactID: m.contact}, nil
		}
	}
	err = l.countLook(ctx, "=deal_looked")
	if err == nil && len(unlike) > 0 { // somebody may have changed it since
		return bulk.Made{}, l.ambiguous(unlike)
	}
	return bulk.Made{}, err
}

type match struct {
	deal    bulk.FoundDeal
	contact int64
}

// ambiguous leaves it to a person which deal is the job's.
func (l lostDeal) ambiguous(found []match) error {
	l.job.Steps.Candidates = nil
	for _, m := range found[:min(len(found), maxCandidates)] {
		l.job.Steps.Candidates = append(l.job.Steps.Candidates, jobs.Candidate{LeadID: m.deal.ID, Name: m.deal.Text,
			URL: l.account.DealURL(m.deal.ID), CreatedAt: time.Unix(m.deal.CreatedAt, 0).UTC()})
	}
	return &Refusal{Why: ledger.Because("twins", len(found), "")}
}

// candidates are deals like ours made since the intent, in the order of their making.
func (l lostDeal) candidates(ctx context.Context) ([]bulk.FoundDeal, error) {
	intent, newest := l.intent, l.newest
	found := slices.Clone(newest)
	since, contact := l.since(), intent.ContactID
	if contact == 0 && len(newest) == lookPage && newest[lookPage-1].CreatedAt >= since {
		// More deals were made since than one page shows. With this one its contact was made.
		made, err := l.account.Resolve(ctx, l.ticket.Client)
		if err != nil {
			return nil, err
		}
		contact = made.ID
	}
	if contact != 0 { // the account's list may be too busy to show them
		more, err := l.account.NewestDealsOf(ctx, contact, lookOfOne)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	byHand, err := l.account.DealsMade(ctx, l.ticket.Client.ID)
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	found = slices.DeleteFunc(found, func(deal bulk.FoundDeal) bool {
		other := seen[deal.ID] || deal.Deleted || deal.CreatedAt < since || !l.mayBeBy(deal.CreatedBy) ||
			slices.Contains(byHand, deal.ID) ||
			intent.Mark != "" && !l.hasMark(strings.TrimSpace(deal.Text), intent.Mark) ||
			intent.PipelineID != 0 && deal.PipelineID != intent.PipelineID ||
			intent.Price != nil && deal.Price != *intent.Price
		seen[deal.ID] = true
		return other
	})
	slices.SortFunc(found, func(a, b bulk.FoundDeal) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

// matchingContact returns the deal's contact if it is the one meant: the known one, or one with the client's phone, e-mail or,
// failing both, name. 0 means no.
func (l lostDeal) matchingContact(ctx context.Context, deal bulk.FoundDeal) (int64, error) {
	for _, id := range deal.Contacts {
		switch {
		case id == l.intent.ContactID:
			return id, nil
		case l.intent.ContactID != 0:
			continue
		}
		if same, err := l.account.IsClient(ctx, id, l.ticket.Client, l.region); err != nil || same {
			return id, err
		}
	}
	return 0, nil
}

// countSimilar counts the writes, this one among them, that could have made the deal that the item is looking for.
func (l lostDeal) countSimilar(ctx context.Context) (int, error) {
	like, err := l.content()
	if err != nil {
		return 0, err
	}
	open, err := l.deps.Ledger.Registered(ctx, l.job.Tenant)
	if err != nil {
		return 0, err
	}
	n := 1
	for id, other := range open {
		if id != l.job.ID && l.hasMark(like, other) {
			n++
		}
	}
	return n, nil
}
