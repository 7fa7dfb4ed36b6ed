package people

import (
	"context"
	"strconv"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

// link ties the ticket's client to one contact: POST …/link. From then on only that contact is shown.
func (h *Handlers) link(r *request) error {
	id := ui.Number(r.FormValue("contact"))
	if id == 0 {
		return r.Fail(crm.ErrGone, "")
	}
	return r.write("linked", func(ctx context.Context) error { return r.crm.Link(ctx, r.Session.Ticket.Client.ID, id) })
}

// unlink ends that tie: POST …/unlink. The client is searched for by phones and e-mails again.
func (h *Handlers) unlink(r *request) error {
	return r.write("unlinked", func(ctx context.Context) error { return r.crm.Unlink(ctx, r.Session.Ticket.Client.ID) })
}

func (r *request) write(done string, write func(context.Context) error) error {
	ctx, cancel := r.Writing()
	defer cancel()
	if err := write(ctx); err != nil {
		return r.Fail(err, r.Base()+"/people")
	}
	return r.after(done)
}

// missingView offers to add to a contact what the client has and the contact lacks.
type missingView struct {
	Keys   []string
	Action ui.Plain
	Token  ui.Plain
	Label  string // for screen readers: names the contact
}

// missingKeys returns the offer for a contact, nil when it has everything.
func missingKeys(f i18n.Format, base string, client helpdesk.Client, p people.Person, name string) *missingView {
	keys := people.Missing(client, p, f.Region)
	if len(keys) == 0 {
		return nil
	}
	v := &missingView{
		Action: ui.Plain(base + "/contacts/" + strconv.FormatInt(p.ID, 10) + "/missing"), Token: ui.NewToken(),
		Label: f.T("missing.add_to", "Name", name),
	}
	for _, k := range keys {
		if k.Kind == people.MatchPhone {
			v.Keys = append(v.Keys, f.Phone(k.Value))
		} else {
			v.Keys = append(v.Keys, k.Value)
		}
	}
	return v
}

// addMissing adds the client's phones and e-mails that a contact lacks: POST …/contacts/:id/missing. What the contact
// has stays. Sent twice it acts once.
func (h *Handlers) addMissing(r *request) error {
	id := ui.Number(r.Param("id"))
	if id == 0 {
		return r.Fail(crm.ErrGone, "")
	}
	done, err := r.Once(func(ctx context.Context) (string, error) {
		_, err := r.crm.AddMissing(ctx, r.Session.Ticket.Client, id)
		return "added", err
	})
	if err != nil {
		return r.Fail(err, r.Base()+"/people")
	}
	return r.after(done)
}
