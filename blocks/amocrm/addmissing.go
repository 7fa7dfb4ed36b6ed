package amocrm

import (
	"context"
	"errors"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

// contactCRM is what mending a contact and its link asks of an account.
type contactCRM interface {
	Matches(ctx context.Context, client helpdesk.Client) (crm.People, error)
	AddMissing(ctx context.Context, client helpdesk.Client, contactID int64) ([]crm.Match, error)
}

func (h *Handlers) contactRoutes(g *echo.Group) {
	g.POST("/contacts/:id/missing", h.inside(h.addMissing))
}

// missingView offers to add to a contact what the client has and the contact lacks.
type missingView struct {
	Keys   []string
	Action ui.Plain
	Token  ui.Plain
	Label  string // for those who don't see which contact the button stands at
}

// missingKeys is the offer for a contact, nil when it has everything.
func missingKeys(f i18n.Format, base string, client helpdesk.Client, p crm.Person, name string) *missingView {
	keys := crm.Missing(client, p, f.Region)
	if len(keys) == 0 {
		return nil
	}
	v := &missingView{
		Action: ui.Plain(base + "/contacts/" + strconv.FormatInt(p.ID, 10) + "/missing"), Token: ui.Plain(session.NewID()),
		Label: f.Catalog.T(f.Lang, "missing.add_to", "Name", name),
	}
	for _, k := range keys {
		if k.Kind == crm.MatchPhone {
			v.Keys = append(v.Keys, f.Phone(k.Value))
		} else {
			v.Keys = append(v.Keys, k.Value)
		}
	}
	return v
}

// addMissing adds the client's phones and e-mails that a contact lacks: POST …/contacts/:id/missing. What the contact
// has stays. Sent twice it acts once.
func (h *Handlers) addMissing(v *visit) error {
	id := number(v.Param("id"))
	if id == 0 {
		return v.fail(crm.ErrGone, "")
	}
	once, done, err := v.begin()
	if err != nil {
		return v.fail(err, v.base()+"/people")
	}
	if once == nil {
		return v.after(done)
	}
	ctx, cancel := v.writing()
	defer cancel()
	if _, err := v.crm.AddMissing(ctx, v.session.Ticket.Client, id); err != nil {
		return v.fail(errors.Join(err, once.Release(v.ctx)), v.base()+"/people")
	}
	if err := once.Done(v.ctx, "added"); err != nil {
		h.note(v.ctx, err, false, v.session.TenantID)
	}
	return v.after("added")
}
