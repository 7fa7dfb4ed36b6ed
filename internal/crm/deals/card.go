package deals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/store"
)

const cardContactsMax = 10

// Deal reads a deal with every field that has a value. ErrGone when the CRM has no such deal (any more).
func (ds *Deals) Deal(ctx context.Context, id int64) (Card, error) {
	got, err := store.Fetch(ctx, ds.account.Cache(), ds.account.Keys().Deal(id), ds.account.AgeOf("leads", id), func(ctx context.Context) (Card, error) {
		return ds.loadDeal(ctx, id)
	})
	if errors.Is(err, crm.ErrGone) || errors.Is(got.Err, crm.ErrGone) {
		return Card{}, fmt.Errorf("read deal %d: %w", id, crm.ErrGone) // old data of a deleted deal would mislead
	}
	if err != nil {
		return Card{}, fmt.Errorf("read deal %d: %w", id, err)
	}
	card := got.Value
	card.At, card.Stale, card.Err = got.At, got.Stale, got.Err
	return card, nil
}

func (ds *Deals) loadDeal(ctx context.Context, id int64) (Card, error) {
	var meta crm.Meta
	var lead amocrm.Lead
	var g errgroup.Group
	g.Go(func() (err error) {
		meta, err = ds.account.Vocabulary(ctx, crm.PartNames|crm.PartLeadFields)
		return err
	})
	g.Go(func() (err error) {
		lead, err = ds.account.Lead(ctx, id)
		return err
	})
	if err := g.Wait(); err != nil {
		return Card{}, err
	}
	card := Card{
		Deal: FromLead(ds.account.API().Base(), meta, lead), LossReason: lead.LossReason(),
		ResponsibleID: int64(lead.ResponsibleID), LossReasonID: int64(lead.LossReasonID), Inputs: fields.FormValues(lead.Fields, meta),
	}
	for _, f := range fields.Outside(meta.LeadFields) {
		card.Outside = append(card.Outside, int64(f.ID))
	}
	card.Fields = fields.ShownOf(lead.Fields, meta)
	for _, t := range lead.Tags {
		card.Tags = append(card.Tags, t.Name)
	}
	companies := crm.IDs[int64](lead.CompanyIDs)
	names := ds.companies.NamesBeside(ctx, companies, meta.Account.FilterEnabled)
	card.Contacts = ds.namedContacts(ctx, card.ContactIDs, lead.Contacts)
	card.Companies = ds.namedCompanies(companies, names())
	return card, nil
}

// namedContacts reads the names of a deal's contacts; one whose name can't be read is still a link to the card.
func (ds *Deals) namedContacts(ctx context.Context, ids []int64, members []amocrm.LeadMember) []Named {
	out := make([]Named, len(ids))
	var mu sync.Mutex
	var g errgroup.Group
	for i, id := range ids {
		out[i] = Named{ID: id, URL: ds.account.ContactURL(id)}
		out[i].Main = slices.ContainsFunc(members, func(m amocrm.LeadMember) bool { return int64(m.ID) == id && m.IsMain })
		if i >= cardContactsMax {
			continue
		}
		g.Go(func() error {
			got, err := store.Fetch(ctx, ds.account.Cache(), ds.account.Keys().ContactName(id), ds.account.AgeOf("contacts", id),
				func(ctx context.Context) (string, error) {
					c, err := ds.account.API().Contact(ctx, amocrm.ID(id))
					return crm.ContactName(c), err
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
		ds.account.Log().InfoContext(ctx, "name of a deal's contact not read", "error", err)
	}
	return out
}

// namedCompanies are a deal's companies with what is known of their names.
func (ds *Deals) namedCompanies(ids []int64, names map[int64]string) []Named {
	var out []Named
	for _, id := range ids {
		out = append(out, Named{ID: id, Name: names[id], URL: ds.account.CompanyURL(id)})
	}
	return out
}
