package amocrm

import (
	"context"
	"net/http"
)

// link is one item of POST /{entity}/{id}/link (amocrm.md §5.6).
type link struct {
	To       ID            `json:"to_entity_id"`
	Type     string        `json:"to_entity_type"`
	Metadata *linkMetadata `json:"metadata,omitempty"`
}

type linkMetadata struct {
	IsMain bool `json:"is_main"`
}

// LinkContact joins a contact to a lead, as the main one if main is set. Doing it again changes nothing.
func (c LeadAPI) LinkContact(ctx context.Context, lead, contact ID, main bool) error {
	l := link{To: contact, Type: "contacts"}
	if main {
		l.Metadata = &linkMetadata{IsMain: true}
	}
	return c.link(ctx, "leads", lead, l)
}

// LinkCompany joins a contact to a company. A contact has one company at most: an earlier one is replaced.
func (c LeadAPI) LinkCompany(ctx context.Context, contact, company ID) error {
	return c.link(ctx, "contacts", contact, link{To: company, Type: "companies"})
}

func (c LeadAPI) link(ctx context.Context, entity string, id ID, l link) error {
	k := call{method: http.MethodPost, route: "/" + entity + "/{id}/link", ids: []ID{id}, body: []link{l}}
	if id <= 0 || l.To <= 0 {
		return refuse(k.op(), "the id of one of the two entities is missing")
	}
	return c.write(ctx, k, nil)
}
