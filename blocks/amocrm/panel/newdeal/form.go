package newdeal

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/oauth"
)

// show serves the form of a new deal, named after the ticket: GET …/deals/new?contact=ID.
func (h *Handlers) show(r *request) error {
	contact := ui.Number(r.QueryParam("contact"))
	return r.ShowOrSkeleton("form_loading", func(ctx context.Context) (ui.Page, error) {
		view, err := r.form(ctx, func(form deals.Form, people []people.Person) deals.Draft {
			return r.newDraft(form, people, contact)
		}, false, nil)
		return ui.Page{Name: "deal_form", Data: view}, err
	})
}

// form reads what the form offers, lets fill choose the draft, and adds what its stage requires. A draft that was typed
// is shown as it is.
func (r *request) form(ctx context.Context, fill func(deals.Form, []people.Person) deals.Draft, typed bool,
	errs map[string]string) (formView, error) {
	var form deals.Form
	var people people.Found
	var both errgroup.Group
	both.Go(func() (err error) {
		form, err = r.crm.DealForm(ctx, r.Session.Ticket)
		return err
	})
	both.Go(func() (err error) {
		people, err = r.crm.People(ctx, r.Session.Ticket.Client)
		return err
	})
	if err := both.Wait(); err != nil {
		return formView{}, err
	}
	draft := fill(form, people.Contacts)
	settle(form, &draft)
	fields, err := r.stageFields(ctx, draft)
	if err != nil {
		return formView{}, err
	}
	f := r.FormatIn(ctx)
	view := dealForm(f, r.Base(), form, people.Contacts, fields, draft, typed, errs)
	view.LinksTicket, view.Message = r.ticketURL() != "", r.ticket(ctx).LastMessage
	view.WithMessage = r.message
	return view, nil
}

// read reads the form.
func (r *request) read(form url.Values) deals.Draft {
	return deals.Draft{
		Name:          strings.TrimSpace(form.Get("name")),
		ContactID:     ui.Number(form.Get("contact_id")),
		PipelineID:    ui.Number(form.Get("pipeline_id")),
		StatusID:      ui.Number(form.Get("status_id")),
		ResponsibleID: ui.Number(form.Get("responsible_id")),
		Price:         strings.TrimSpace(form.Get("price")),
		Lang:          string(r.Session.Lang),
		NoteText:      strings.TrimSpace(form.Get("note")),
		Fields:        forms.Read(form),
	}
}

// stage serves the part that follows the pipeline and the stage: POST …/deals/new/stage with the whole form, so that
// typed values stay.
func (h *Handlers) stage(r *request) error {
	form, err := r.FormParams()
	if err != nil {
		return r.Fail(err, r.Base()+"/deals/new")
	}
	draft := r.read(form)
	offer, err := r.crm.DealForm(r.Ctx, r.Session.Ticket)
	if err != nil {
		return r.stageFailed(err)
	}
	settle(offer, &draft)
	fields, err := r.stageFields(r.Ctx, draft)
	if err != nil {
		return r.stageFailed(err)
	}
	return r.Show(http.StatusOK, "deal_stage", stagePart(r.Base(), offer, fields, draft, true, nil))
}

// stageFailed keeps the rest of the form on the screen.
func (r *request) stageFailed(err error) error {
	r.LogProblem(err)
	return r.Show(http.StatusOK, "deal_stage", stageView{Base: ui.Plain(r.Base()), Problem: r.ProblemLine(err)})
}

// create makes the deal: POST …/deals. Sent twice it makes one.
func (h *Handlers) create(r *request) error {
	form, err := r.FormParams()
	if err != nil {
		return r.Fail(err, r.Base()+"/deals/new")
	}
	r.message = form.Get("message") != ""
	draft := r.read(form)
	if form.Get("again") != "" { // without script: another pipeline or stage was chosen
		return r.again(draft, forms.Refusal{})
	}
	sent := draft // the form itself keeps what was typed
	if sent.Fields, err = r.withMapped(form, draft.Fields); err != nil {
		return r.failed(draft, err)
	}
	done, err := r.Once(func(ctx context.Context) (string, error) {
		sent.NoteText = r.note(ctx, draft.NoteText, r.message)
		sent, err := r.whole(ctx, sent)
		if err != nil {
			return "", err
		}
		id, err := r.crm.CreateDeal(ctx, r.Session.Ticket.Client.ID, sent)
		missing, err := forms.Written(r.PageRequest, err)
		return strings.TrimSuffix("deal:"+strconv.FormatInt(id, 10)+":"+missing, ":"), err
	})
	if err != nil {
		return r.failed(draft, err)
	}
	return h.After(r.PageRequest, r.crm, done)
}

// failed shows the form again with its errors.
func (r *request) failed(draft deals.Draft, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return r.Fail(err, "")
	}
	return r.again(draft, forms.Refused(r.PageRequest, err))
}

// again draws the form with what was typed. The page's time may be used up by the try that failed, so what the form
// offers, which is in the cache by now, gets a little of its own.
func (r *request) again(draft deals.Draft, why forms.Refusal) error {
	ctx, cancel := r.Background(r.h.Budget / 2)
	defer cancel()
	view, err := r.form(ctx, func(deals.Form, []people.Person) deals.Draft { return draft }, true, why.Errors)
	if err != nil {
		return r.Fail(err, r.Base()+"/deals/new")
	}
	if why.Problem != "" {
		view.Problem, view.Token = why.Problem, why.Token
	}
	return r.Show(http.StatusOK, "deal_form", view)
}

// withMapped adds to a new deal's fields the mapped ones that its form did not show; the agent has decided on those that it showed.
func (r *request) withMapped(form url.Values, typed map[int64][]string) (map[int64][]string, error) {
	mapped, err := r.crm.Mapped(r.Ctx, fields.EntityLead, r.Session.Ticket)
	fields := maps.Clone(typed)
	for id, values := range mapped {
		if !form.Has("fields." + strconv.FormatInt(id, 10)) {
			fields[id] = values
		}
	}
	return fields, err
}

// whole puts the digits back that the form of a new deal had hidden.
func (r *request) whole(ctx context.Context, d deals.Draft) (deals.Draft, error) {
	u := forms.Unmasking{Format: r.Format()}
	if !u.Format.Masked {
		return d, nil
	}
	form, err := r.crm.DealForm(ctx, r.Session.Ticket)
	if err != nil {
		return d, err
	}
	d.Name, d.Fields = u.Text("name", d.Name, form.Draft.Name), maps.Clone(d.Fields)
	for id, texts := range d.Fields {
		d.Fields[id] = u.Field(id, texts, form.Draft.Fields[id])
	}
	return d, u.Err()
}
