package amocrm

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
)

// newDeal is the form of a new deal, named after the ticket: GET …/deals/new?contact=ID.
func (h *Handlers) newDeal(v *visit) error {
	contact := number(v.QueryParam("contact"))
	return v.paint("form_loading", func(ctx context.Context) (loaded, error) {
		view, err := v.dealForm(ctx, func(form crm.DealForm, people []crm.Person) crm.DealDraft {
			return v.newDraft(form, people, contact)
		}, false, nil)
		return loaded{"deal_form", view}, err
	})
}

// dealForm reads what the form offers, lets fill choose the draft, and adds what its stage requires. A draft that was typed
// is shown as it is.
func (v *visit) dealForm(ctx context.Context, fill func(crm.DealForm, []crm.Person) crm.DealDraft, typed bool,
	errs map[string]string) (dealFormView, error) {
	var form crm.DealForm
	var people crm.People
	var both errgroup.Group
	both.Go(func() (err error) {
		form, err = v.crm.DealForm(ctx, v.session.Ticket)
		return err
	})
	both.Go(func() (err error) {
		people, err = v.crm.People(ctx, v.session.Ticket.Client)
		return err
	})
	if err := both.Wait(); err != nil {
		return dealFormView{}, err
	}
	draft := fill(form, people.Contacts)
	settle(form, &draft)
	fields, err := v.stageFields(ctx, draft)
	if err != nil {
		return dealFormView{}, err
	}
	f := v.formatIn(ctx)
	view := dealForm(f, v.base(), form, people.Contacts, fields, draft, typed, errs)
	view.LinksTicket, view.Message = v.ticketURL() != "", v.ticket(ctx).LastMessage
	view.WithMessage = v.wish.message
	return view, nil
}

// maxChoices is how many values one field of a form may have.
const maxChoices = 250

// readDeal reads the form.
func (v *visit) readDeal(form url.Values) crm.DealDraft {
	return crm.DealDraft{
		Name:          strings.TrimSpace(form.Get("name")),
		ContactID:     number(form.Get("contact_id")),
		PipelineID:    number(form.Get("pipeline_id")),
		StatusID:      number(form.Get("status_id")),
		ResponsibleID: number(form.Get("responsible_id")),
		Price:         strings.TrimSpace(form.Get("price")),
		Lang:          string(v.session.Lang),
		NoteText:      strings.TrimSpace(form.Get("note")),
		Fields:        readFields(form),
	}
}

// dealStage is the part that follows the pipeline and the stage: POST …/deals/new/stage with the whole form, so that
// typed values stay.
func (h *Handlers) dealStage(v *visit) error {
	form, err := v.FormParams()
	if err != nil {
		return v.fail(err, v.base()+"/deals/new")
	}
	draft := v.readDeal(form)
	offer, err := v.crm.DealForm(v.ctx, v.session.Ticket)
	if err != nil {
		return v.stageFailed(err)
	}
	settle(offer, &draft)
	fields, err := v.stageFields(v.ctx, draft)
	if err != nil {
		return v.stageFailed(err)
	}
	return v.show(http.StatusOK, "deal_stage", stagePart(v.base(), offer, fields, draft, true, nil))
}

// stageFailed keeps the rest of the form on the screen.
func (v *visit) stageFailed(err error) error {
	_, _, _, known := problemCode(err)
	v.h.note(v.ctx, err, known, v.session.TenantID)
	p := v.problem(err, "")
	return v.show(http.StatusOK, "deal_stage", stageView{Base: ui.Plain(v.base()), Problem: v.problemLine(p)})
}

// createDeal makes the deal: POST …/deals. Sent twice it makes one.
func (h *Handlers) createDeal(v *visit) error {
	form, err := v.FormParams()
	if err != nil {
		return v.fail(err, v.base()+"/deals/new")
	}
	v.wish.message = form.Get("message") != ""
	draft := v.readDeal(form)
	if form.Get("again") != "" { // without script: another pipeline or stage was chosen
		return v.dealAgain(draft, nil, nil)
	}
	sent := draft // the form itself keeps what was typed
	if sent.Fields, err = v.withMapped(form, draft.Fields); err != nil {
		return v.dealFailed(draft, err)
	}
	once, done, err := v.begin()
	if err != nil {
		return v.dealFailed(draft, err)
	}
	if once == nil {
		return v.after(done)
	}
	ctx, cancel := v.writing()
	defer cancel()
	sent.NoteText = v.dealNote(ctx, draft.NoteText, v.wish.message)
	if sent, err = v.wholeDeal(ctx, sent); err != nil {
		return v.dealFailed(draft, errors.Join(err, once.Release(v.ctx)))
	}
	id, err := v.crm.CreateDeal(ctx, v.session.Ticket.Client.ID, sent)
	missing, err := v.created(id, err)
	if err != nil {
		return v.dealFailed(draft, errors.Join(err, once.Release(v.ctx)))
	}
	done = strings.TrimSuffix("deal:"+strconv.FormatInt(id, 10)+":"+missing, ":")
	if err := once.Done(v.ctx, done); err != nil {
		h.note(v.ctx, err, false, v.session.TenantID)
	}
	return v.after(done)
}

// stop is why a form as a whole could not be sent, and the token to send it with again.
type stop struct{ text, token string }

// dealFailed shows the form again with its errors.
func (v *visit) dealFailed(draft crm.DealDraft, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return v.fail(err, "")
	}
	var refused *crm.FieldErrors
	if errors.As(err, &refused) {
		return v.dealAgain(draft, v.fieldTexts(refused), nil)
	}
	_, _, _, known := problemCode(err)
	v.h.note(v.ctx, err, known, v.session.TenantID)
	p := v.problem(err, "")
	return v.dealAgain(draft, nil, &stop{v.problemLine(p), v.nextToken(err)})
}

// dealAgain draws the form with what was typed. The page's time may be used up by the try that failed, so what the form
// offers, which is in the cache by now, gets a little of its own.
func (v *visit) dealAgain(draft crm.DealDraft, errs map[string]string, s *stop) error {
	ctx, cancel := v.owned(v.h.Budget / 2)
	defer cancel()
	view, err := v.dealForm(ctx, func(crm.DealForm, []crm.Person) crm.DealDraft { return draft }, true, errs)
	if err != nil {
		return v.fail(err, v.base()+"/deals/new")
	}
	if s != nil {
		view.Problem, view.Token = s.text, ui.Plain(s.token)
	}
	return v.show(http.StatusOK, "deal_form", view)
}
