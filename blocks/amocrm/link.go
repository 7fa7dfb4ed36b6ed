package amocrm

import "github.com/sidecard/sidecard/internal/crm"

// link ties the ticket's client to one contact: POST …/link. From then on only that contact is shown.
func (h *Handlers) link(v *visit) error {
	id := number(v.FormValue("contact"))
	if id == 0 {
		return v.fail(crm.ErrGone, "")
	}
	ctx, cancel := v.writing()
	defer cancel()
	if err := v.crm.Link(ctx, v.session.Ticket.Client.ID, id); err != nil {
		return v.fail(err, v.base()+"/people")
	}
	return v.after("linked")
}

// unlink ends that tie: POST …/unlink. The client is searched for by his phones and e-mails again.
func (h *Handlers) unlink(v *visit) error {
	ctx, cancel := v.writing()
	defer cancel()
	if err := v.crm.Unlink(ctx, v.session.Ticket.Client.ID); err != nil {
		return v.fail(err, v.base()+"/people")
	}
	return v.after("unlinked")
}
