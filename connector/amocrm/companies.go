package amocrm

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Company is a company of amocrm.md §6.6.
type Company struct {
	ID            ID          `json:"id"`
	Name          string      `json:"name"`
	ResponsibleID ID          `json:"responsible_user_id"`
	CreatedAt     Unix        `json:"created_at"`
	UpdatedAt     Unix        `json:"updated_at"`
	IsDeleted     bool        `json:"is_deleted"`
	AccountID     ID          `json:"account_id"`
	Fields        FieldValues `json:"custom_fields_values"`
}

// CompanyInput is what a company is made with; in leads/complex ID alone names one that exists. Zero members are not
// sent.
type CompanyInput struct {
	ID            ID           `json:"id,omitempty"`
	Name          string       `json:"name,omitempty"`
	ResponsibleID ID           `json:"responsible_user_id,omitempty"`
	Fields        []FieldInput `json:"custom_fields_values,omitempty"`
	TagsToAdd     []TagInput   `json:"tags_to_add,omitempty"`
	RequestID     string       `json:"request_id,omitempty"`
}

// SearchCompanies returns one page of companies that amoCRM finds for query. The search is as fuzzy as that of contacts:
// check what came back. An empty query is ErrInvalid. limit is at most 250; nothing found is nil, nil.
func (c ContactAPI) SearchCompanies(ctx context.Context, query string, limit int) ([]Company, error) {
	query = strings.TrimSpace(query)
	if query == "" {
		return nil, refuse("GET /companies", "an empty search would return every company")
	}
	q := url.Values{"query": {query}, "limit": {limited(limit, maxPerPage)}}
	found, _, err := page[Company](ctx, c.core, call{route: "/companies", query: q}, "companies")
	return found, err
}

// Company returns one company; ErrNotFound when there is none.
func (c ContactAPI) Company(ctx context.Context, id ID) (Company, error) {
	return single[Company](ctx, c.core, call{route: "/companies/{id}", ids: []ID{id}})
}

// Companies returns those of the companies that exist, in the order asked; ErrFilterOff when the account has no filters.
func (c ContactAPI) Companies(ctx context.Context, ids []ID) ([]Company, error) {
	return byIDs(ctx, c.core, "/companies", "companies", "", ids, func(x Company) ID { return x.ID })
}

// CreateCompanies makes companies; amoCRM never looks for duplicates here. At most 250, 50 recommended.
func (c ContactAPI) CreateCompanies(ctx context.Context, in []CompanyInput) ([]Created, error) {
	return create(ctx, c.core, call{route: "/companies", body: in}, "companies", len(in), maxPerPage)
}

// LinkCompany joins a contact to a company. A contact has one company at most: an earlier one is replaced. Doing it again
// changes nothing.
func (c ContactAPI) LinkCompany(ctx context.Context, contact, company ID) error {
	// one item of POST /{entity}/{id}/link (amocrm.md §5.6)
	link := map[string]any{"to_entity_id": company, "to_entity_type": "companies"}
	k := call{method: http.MethodPost, route: "/contacts/{id}/link", ids: []ID{contact}, body: []any{link}}
	if contact <= 0 || company <= 0 {
		return refuse(k.op(), "the id of one of the two entities is missing")
	}
	return c.write(ctx, k, nil)
}
