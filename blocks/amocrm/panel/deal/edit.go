package deal

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/oauth"
)

// showCard serves the card without tasks and feed, as it was before a form was opened: GET …/deals/:id/card?field=…
func (h *Handlers) showCard(r *request) error {
	if !r.HTMX() {
		return r.SeeOther(r.dealURL())
	}
	view, err := r.bareCard(r.Ctx)
	if err != nil {
		return r.failWhole(err, r.dealURL())
	}
	view.Return = r.QueryParam("field")
	return r.Show(http.StatusOK, "deal_card", view)
}

// edit serves the form of one row: GET …/deals/:id/edit?field=…; without a field it lists all that can be changed.
func (h *Handlers) edit(r *request) error {
	edit, err := r.crm.DealEdit(r.Ctx, r.id)
	if err != nil {
		return r.failWhole(err, r.dealURL())
	}
	key := r.QueryParam("field")
	if key == "" {
		card, err := r.crm.Deal(r.Ctx, r.id)
		if err != nil {
			return r.Fail(err, r.dealURL())
		}
		return r.Show(http.StatusOK, "deal_fields", fieldsPage(r.Format(), r.dealURL(), edit, card))
	}
	typed := asItIs(key, edit)
	typed.head = r.QueryParam("head") != ""
	typed.inPlace = r.HTMX() && r.Request().Header.Get("HX-Target") != "panel"
	return r.editForm(edit, typed, forms.Refusal{})
}

// editForm shows the form of a row, in the card or as a page.
func (r *request) editForm(edit deals.Edit, typed typedEdit, why forms.Refusal) error {
	view, ok := editForm(r.Format(), r.dealURL(), edit, typed, why.Errors)
	if !ok {
		return r.failWhole(crm.ErrGone, r.dealURL())
	}
	if why.Problem != "" {
		view.Problem, view.Token = why.Problem, why.Token
	}
	if !typed.inPlace {
		return r.Show(http.StatusOK, "deal_edit_page", view)
	}
	return r.Show(http.StatusOK, "deal_edit", view)
}

// readEdit reads the form of a row. errs holds catalogue keys.
func readEdit(form url.Values, lang i18n.Lang) (t typedEdit, change deals.Change, errs map[string]string) {
	errs = map[string]string{}
	t = typedEdit{
		sent: true, key: form.Get("field"), head: form.Get("head") != "", inPlace: form.Get("inplace") != "",
		name: strings.TrimSpace(form.Get("name")), price: strings.TrimSpace(form.Get("price")),
		reason: ui.Number(form.Get("loss_reason_id")), user: ui.Number(form.Get("responsible_id")), fields: forms.Read(form),
	}
	pipeline, status, _ := strings.Cut(form.Get("stage"), ":")
	t.pipeline, t.status = ui.Number(pipeline), ui.Number(status)
	change.Lang = string(lang)
	switch t.key {
	case fieldDealName:
		change.Name = &t.name
	case fields.FieldAmount:
		change.Price = &t.price
	case fields.FieldResponsible:
		change.ResponsibleID = t.user
		if t.user == 0 {
			errs["responsible_id"] = "error.required"
		}
	case fields.FieldStage, fields.FieldPipeline, fields.FieldLossReason:
		change.PipelineID, change.StatusID, change.LossReasonID, change.Fields = t.pipeline, t.status, t.reason, t.fields
		if t.status == 0 {
			errs["status_id"] = "error.required"
		}
	default:
		id, _ := strings.CutPrefix(t.key, "cf:")
		change.Fields = map[int64][]string{ui.Number(id): t.fields[ui.Number(id)]}
	}
	return t, change, errs
}

// needs serves what the chosen stage asks for: POST …/deals/:id/edit/needs with the whole form.
func (h *Handlers) needs(r *request) error {
	form, err := r.FormParams()
	if err != nil {
		return r.Fail(err, r.dealURL())
	}
	typed, _, _ := readEdit(form, r.Session.Lang)
	edit, err := r.crm.DealEdit(r.Ctx, r.id)
	if err != nil {
		r.LogProblem(err)
		return r.NoContent(http.StatusNoContent) // the form stays; sending it says what is missing
	}
	return r.Show(http.StatusOK, "deal_needs", editFormView{Needs: stageNeeds(r.Format(), edit, typed, nil)})
}

// change changes one row: POST …/deals/:id/edit.
func (h *Handlers) change(r *request) error {
	form, err := r.FormParams()
	if err != nil {
		return r.Fail(err, r.dealURL())
	}
	typed, change, errs := readEdit(form, r.Session.Lang)
	if len(errs) > 0 {
		for path, key := range errs {
			errs[path] = r.T(key)
		}
		return r.editAgain(typed, forms.Refusal{Errors: errs})
	}
	_, err = r.Once(func(ctx context.Context) (string, error) {
		change, err := r.wholeChange(ctx, change)
		if err == nil {
			_, err = forms.Written(r.PageRequest, r.crm.ChangeDeal(ctx, r.id, change))
		}
		return "changed", err
	})
	switch {
	case errors.Is(err, oauth.ErrNeedsLogin), errors.Is(err, crm.ErrGone):
		return r.failWhole(err, "")
	case err != nil:
		return r.editAgain(typed, forms.Refused(r.PageRequest, err))
	}
	return r.dealWritten("deal_written", func(view *cardView) {
		view.Return, view.Said = typed.key, r.T("edit.saved")
		view.Tasks.OOB = true
	})
}

// dealWritten shows the deal after a write. Without script the browser is sent to the card, so that a reload does not
// send the form again; a form that has a page of its own leads there, too.
func (r *request) dealWritten(name string, mark func(*cardView)) error {
	if !r.HTMX() {
		return r.SeeOther(r.dealURL())
	}
	ctx, cancel := r.Background(r.h.Budget)
	defer cancel()
	view, err := r.card(ctx, feed.Asked(r.PageRequest).Newest())
	if err != nil {
		return r.Fail(err, r.dealURL())
	}
	if r.FormValue("inplace") == "" && name == "deal_written" {
		view.Said = r.T("edit.saved")
		return r.Show(http.StatusOK, "deal", view)
	}
	view.Feed.OOB = true
	mark(&view)
	return r.Show(http.StatusOK, name, view)
}

// editAgain draws the row's form with what was typed, where it stood.
func (r *request) editAgain(typed typedEdit, why forms.Refusal) error {
	ctx, cancel := r.Background(r.h.Budget / 2)
	defer cancel()
	edit, err := r.crm.DealEdit(ctx, r.id)
	if err != nil {
		return r.failWhole(err, r.dealURL())
	}
	if typed.inPlace && r.HTMX() {
		r.Response().Header().Set("HX-Retarget", "#"+rowID(typed.key))
		r.Response().Header().Set("HX-Reswap", "outerHTML")
	}
	return r.editForm(edit, typed, why)
}

// wholeChange puts the digits back that the form of a deal's row had hidden.
func (r *request) wholeChange(ctx context.Context, c deals.Change) (deals.Change, error) {
	f := r.Format()
	if !f.Masked {
		return c, nil
	}
	whole, err := r.crm.DealEdit(ctx, r.id)
	if err != nil {
		return c, err
	}
	return unmaskChange(f, whole, c)
}

func unmaskChange(f i18n.Format, whole deals.Edit, c deals.Change) (deals.Change, error) {
	u := forms.Unmasking{Format: f}
	if c.Name != nil {
		name := u.Text("name", *c.Name, whole.Name)
		c.Name = &name
	}
	c.Fields = maps.Clone(c.Fields)
	for fieldID, texts := range c.Fields {
		c.Fields[fieldID] = u.Field(fieldID, texts, whole.Values[fieldID])
	}
	return c, u.Err()
}
