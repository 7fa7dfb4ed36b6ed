package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/store"
)

const cardContactsMax = 10

// Deal reads a deal with every field that has a value. ErrGone when the CRM has no such deal (any more).
func (a *Account) Deal(ctx context.Context, id int64) (DealCard, error) {
	got, err := store.Fetch(ctx, a.Cache(), a.Keys().Deal(id), a.AgeOf("leads", id), func(ctx context.Context) (DealCard, error) {
		return a.loadDeal(ctx, id)
	})
	if errors.Is(err, ErrGone) || errors.Is(got.Err, ErrGone) {
		return DealCard{}, fmt.Errorf("read deal %d: %w", id, ErrGone) // old data of a deleted deal would mislead
	}
	if err != nil {
		return DealCard{}, fmt.Errorf("read deal %d: %w", id, err)
	}
	card := got.Value
	card.At, card.Stale, card.Err = got.At, got.Stale, got.Err
	return card, nil
}

func (a *Account) loadDeal(ctx context.Context, id int64) (DealCard, error) {
	var meta Meta
	var lead amocrm.Lead
	var g errgroup.Group
	g.Go(func() (err error) {
		meta, err = a.Vocabulary(ctx, PartNames|PartLeadFields)
		return err
	})
	g.Go(func() (err error) {
		lead, err = a.API().Lead(ctx, amocrm.ID(id))
		if errors.Is(err, amocrm.ErrNotFound) || err == nil && lead.IsDeleted {
			return ErrGone
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return DealCard{}, err
	}
	card := DealCard{
		Deal: dealOf(a.API().Base(), meta, lead), LossReason: lead.LossReason,
		ResponsibleID: int64(lead.ResponsibleID), LossReasonID: int64(lead.LossReasonID), Inputs: formValues(lead.Fields, meta),
	}
	for _, f := range outside(meta.LeadFields) {
		card.Outside = append(card.Outside, int64(f.ID))
	}
	card.Fields = shownFields(lead.Fields, meta)
	for _, t := range lead.Tags {
		card.Tags = append(card.Tags, t.Name)
	}
	companies := plainIDs(lead.CompanyIDs)
	names := a.namesBeside(ctx, companies, meta.Account.FilterEnabled)
	card.Contacts = a.namedContacts(ctx, card.ContactIDs, lead.Contacts)
	card.Companies = a.namedCompanies(companies, names())
	return card, nil
}

// namedContacts reads the names of a deal's contacts; one whose name can't be read is still a link to his card.
func (a *Account) namedContacts(ctx context.Context, ids []int64, members []amocrm.LeadMember) []Named {
	out := make([]Named, len(ids))
	var mu sync.Mutex
	var g errgroup.Group
	for i, id := range ids {
		out[i] = Named{ID: id, URL: a.ContactURL(id)}
		out[i].Main = slices.ContainsFunc(members, func(m amocrm.LeadMember) bool { return int64(m.ID) == id && m.IsMain })
		if i >= cardContactsMax {
			continue
		}
		g.Go(func() error {
			got, err := store.Fetch(ctx, a.Cache(), a.Keys().ContactName(id), a.AgeOf("contacts", id),
				func(ctx context.Context) (string, error) {
					c, err := a.API().Contact(ctx, amocrm.ID(id))
					return contactName(c), err
				})
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			out[i].Name = got.Value
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		a.Log().InfoContext(ctx, "name of a deal's contact not read", "error", err)
	}
	return out
}
