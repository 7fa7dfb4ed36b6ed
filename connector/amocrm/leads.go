package amocrm

import (
	"context"
	"net/http"
	"net/url"
)

// maxComplex is the most leads of one POST /leads/complex (amocrm.md §5.3).
const maxComplex = 50

const leadDetails = "contacts,loss_reason"

// Leads returns those of the leads that exist, in the order asked, with contacts and loss reason; ErrFilterOff when the
// account has no filters (amocrm.md §4.4).
func (c LeadAPI) Leads(ctx context.Context, ids []ID) ([]Lead, error) {
	return byIDs(ctx, c.core, "/leads", "leads", leadDetails, ids, func(x Lead) ID { return x.ID })
}

// Lead returns one lead with contacts and loss reason; ErrNotFound when there is none (amocrm.md §5.1).
func (c LeadAPI) Lead(ctx context.Context, id ID) (Lead, error) {
	return single[Lead](ctx, c.core, call{route: "/leads/{id}", ids: []ID{id}, query: url.Values{"with": {leadDetails}}})
}

// SearchLeads returns one page of leads that amoCRM finds for query, with their contacts, as SearchContacts does (amocrm.md §5.1).
func (c LeadAPI) SearchLeads(ctx context.Context, query string, limit int) ([]Lead, error) {
	found, _, err := search[Lead](ctx, c.core, "leads", "contacts", query, 1, limit)
	return found, err
}

// NewestLeads returns one page of the account's leads, newest first, with their contacts. limit is at most 250.
func (c LeadAPI) NewestLeads(ctx context.Context, limit int) ([]Lead, error) {
	q := url.Values{"order[created_at]": {"desc"}, "with": {"contacts"}, "limit": {limited(limit, maxPerPage)}}
	found, _, err := page[Lead](ctx, c.core, call{route: "/leads", query: q}, "leads")
	return found, err
}

// CreateLeads makes leads (amocrm.md §5.2). At most 250, 50 recommended.
func (c LeadAPI) CreateLeads(ctx context.Context, in []LeadInput) ([]Created, error) {
	return create(ctx, c.core, call{route: "/leads", body: in}, "leads", len(in), maxPerPage)
}

// CreateComplex makes at most 50 leads, each with at most one contact and one company that exist or are made with it
// (amocrm.md §5.3).
// It is not idempotent: after ErrUnknownOutcome look for the leads before trying again. An answer of another length than
// in is ErrUnknownOutcome with what the answer holds.
func (c LeadAPI) CreateComplex(ctx context.Context, in []LeadInput) ([]ComplexResult, error) {
	k := call{method: http.MethodPost, route: "/leads/complex", body: in}
	if len(in) == 0 {
		return nil, nil
	}
	if len(in) > maxComplex {
		return nil, refuse(k.op(), "%d leads in one request, at most %d are taken", len(in), maxComplex)
	}
	var made []ComplexResult
	if err := c.write(ctx, k, &made); err != nil {
		return nil, err
	}
	return made, counted(k.op(), len(in), len(made))
}

// UpdateLead changes the members of in that are set (amocrm.md §5.4). Embedded is not sent: amoCRM takes only tags there.
func (c LeadAPI) UpdateLead(ctx context.Context, in LeadInput) error {
	k := call{method: http.MethodPatch, route: "/leads/{id}", ids: []ID{in.ID}}
	if in.ID <= 0 {
		return refuse(k.op(), "the lead's id is missing")
	}
	in.ID, in.Embedded = 0, nil
	k.body = in
	return c.write(ctx, k, nil)
}
