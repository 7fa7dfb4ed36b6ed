package people

import (
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
)

// link ties the ticket's client to one contact: POST …/link. From then on only that contact is shown.
func (h *Handlers) link(r *request) error {
	id := ui.Number(r.FormValue("contact"))
	if id == 0 {
		return r.Fail(crm.ErrGone, "")
	}
	ctx, cancel := r.Writing()
	defer cancel()
	if err := r.crm.Link(ctx, r.Session.Ticket.Client.ID, id); err != nil {
		return r.Fail(err, r.Base()+"/people")
	}
	return r.after("linked")
}

// unlink ends that tie: POST …/unlink. The client is searched for by phones and e-mails again.
func (h *Handlers) unlink(r *request) error {
	ctx, cancel := r.Writing()
	defer cancel()
	if err := r.crm.Unlink(ctx, r.Session.Ticket.Client.ID); err != nil {
		return r.Fail(err, r.Base()+"/people")
	}
	return r.after("unlinked")
}
