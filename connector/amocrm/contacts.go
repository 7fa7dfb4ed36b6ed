package amocrm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// SearchContacts returns one page, counted from 1, of contacts that amoCRM finds for query, with their lead ids; more says that another one
// follows. The search is fuzzy and
// looks into every field: check what came back (amocrm.md §4.3). An empty query would return everybody and is ErrInvalid.
// limit is at most 250; nothing found is nil, nil.
func (c ContactAPI) SearchContacts(ctx context.Context, query string, number, limit int) (found []Contact, more bool, err error) {
	return search[Contact](ctx, c.core, "contacts", "leads", query, number, limit)
}

// search returns one page of what amoCRM's search finds of a kind.
func search[T any](ctx context.Context, c *core, kind, with, query string, number, limit int) (found []T, more bool, err error) {
	query = strings.TrimSpace(query)
	if query == "" {
		return nil, false, refuse("GET /"+kind, "an empty search would return all %s", kind)
	}
	q := url.Values{"query": {query}, "limit": {limited(limit, maxPerPage)}}
	if with != "" {
		q.Set("with", with)
	}
	if number > 1 {
		q.Set("page", strconv.Itoa(number))
	}
	found, next, err := page[T](ctx, c, call{route: "/" + kind, query: q}, kind)
	return found, next != nil, err
}

// Contact returns one contact with its lead ids; ErrNotFound when there is none (amocrm.md §4.1).
func (c ContactAPI) Contact(ctx context.Context, id ID) (Contact, error) {
	k := call{route: "/contacts/{id}", ids: []ID{id}, query: url.Values{"with": {"leads"}}}
	return single[Contact](ctx, c.core, k)
}

// ContactsPage returns one page of all contacts, counted from 1, at most 250 long, in the order of their ids; more says that another
// one follows.
func (c ContactAPI) ContactsPage(ctx context.Context, number, limit int) (found []Contact, more bool, err error) {
	q := url.Values{"order[id]": {"asc"}, "limit": {limited(limit, maxPerPage)}, "page": {strconv.Itoa(number)}}
	found, next, err := page[Contact](ctx, c.core, call{route: "/contacts", query: q}, "contacts")
	return found, next != nil, err
}

// ContactsChanged returns one page of the contacts that have changed since a time, with their lead ids, the newest change first. An
// account without filters answers with all contacts in that order (amocrm.md §4.4).
func (c ContactAPI) ContactsChanged(ctx context.Context, since Unix, number, limit int) (found []Contact, more bool, err error) {
	q := url.Values{"filter[updated_at][from]": {strconv.FormatInt(int64(since), 10)}, "order[updated_at]": {"desc"}, "with": {"leads"},
		"limit": {limited(limit, maxPerPage)}, "page": {strconv.Itoa(number)}}
	found, next, err := page[Contact](ctx, c.core, call{route: "/contacts", query: q}, "contacts")
	return found, next != nil, err
}

// ContactsByID returns those contacts that exist, with their lead ids. ErrFilterOff when the account has no filters.
func (c ContactAPI) ContactsByID(ctx context.Context, ids []ID) ([]Contact, error) {
	return byIDs(ctx, c.core, "/contacts", "contacts", "leads", ids, func(x Contact) ID { return x.ID })
}

// CreateContacts makes contacts; amoCRM never looks for duplicates here (amocrm.md §4.2). At most 250, 50 recommended.
func (c ContactAPI) CreateContacts(ctx context.Context, in []ContactInput) ([]Created, error) {
	return create(ctx, c.core, call{route: "/contacts", body: in}, "contacts", len(in), maxPerPage)
}

// UpdateContact changes the members of in that are set. Within one field the values replace the old ones.
func (c ContactAPI) UpdateContact(ctx context.Context, in ContactInput) error {
	k := call{method: http.MethodPatch, route: "/contacts/{id}", ids: []ID{in.ID}}
	if in.ID <= 0 {
		return refuse(k.op(), "the contact's id is missing")
	}
	in.ID = 0 // the path names it
	k.body = in
	return c.write(ctx, k, nil)
}

// single reads one entity; 204 and 404 both mean that it does not exist.
func single[T any](ctx context.Context, c *core, k call) (T, error) {
	var out T
	k.method = http.MethodGet
	if k.ids[0] <= 0 {
		return out, refuse(k.op(), "the id is missing")
	}
	found, err := c.read(ctx, k, &out)
	if err == nil && !found {
		err = &Error{Op: k.op(), Status: http.StatusNoContent, Kind: KindNotFound}
	}
	return out, err
}

// create posts n items and returns one Created for each. An answer of another length leaves the outcome unknown, and
// what it does hold is returned beside the error.
func create(ctx context.Context, c *core, k call, name string, n, most int) ([]Created, error) {
	k.method = http.MethodPost
	if n == 0 {
		return nil, nil
	}
	if n > most {
		return nil, refuse(k.op(), "%d items in one request, at most %d are taken", n, most)
	}
	var e envelope
	if err := c.write(ctx, k, &e); err != nil {
		return nil, err
	}
	made, err := items[Created](e, name, json.Unmarshal)
	if err != nil {
		return nil, &Error{Op: k.op(), Status: http.StatusOK, Kind: KindUnknownOutcome, Detail: err.Error()}
	}
	return made, counted(k.op(), n, len(made))
}

func counted(op string, sent, got int) error {
	if sent == got {
		return nil
	}
	e := refuse(op, "%d items sent, the answer names %d", sent, got).(*Error)
	e.Status, e.Kind = http.StatusOK, KindUnknownOutcome
	return e
}

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
	found, _, err := search[Company](ctx, c.core, "companies", "", query, 1, limit)
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
