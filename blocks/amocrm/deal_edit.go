package amocrm

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/i18n"
)

// dealCRM is what the card of a deal asks of an account.
type dealCRM interface {
	DealEdit(ctx context.Context, id int64) (crm.DealEdit, error)
	ChangeDeal(ctx context.Context, id int64, change crm.DealChange) error
	Tasks(ctx context.Context, leadID int64) (crm.Tasks, error)
	AddTask(ctx context.Context, leadID int64, draft crm.TaskDraft) (int64, error)
	CompleteTask(ctx context.Context, leadID, taskID int64, result string) error
	FeedOlder(ctx context.Context, leadID int64, place string, comments bool) (crm.Feed, error)
}

// dealRoutes are the addresses of a deal's card beside the card itself.
func (h *Handlers) dealRoutes(g *echo.Group) {
	g.GET("/deals/:id/card", h.inside(h.dealCard))
	g.GET("/deals/:id/edit", h.inside(h.editDeal))
	g.POST("/deals/:id/edit", h.inside(h.changeDeal))
	g.POST("/deals/:id/edit/needs", h.inside(h.dealNeeds))
	g.POST("/deals/:id/tasks", h.inside(h.addTask))
	g.POST("/deals/:id/tasks/:task/done", h.inside(h.completeTask))
}

// dealURL is the address of a deal's card.
func (v *visit) dealURL(id int64) string { return v.base() + "/deals/" + strconv.FormatInt(id, 10) }

// dealCard is the card without tasks and feed, as it was before a form was opened: GET …/deals/:id/card?field=…
func (h *Handlers) dealCard(v *visit) error {
	id := number(v.Param("id"))
	if !isHTMX(v.Context) {
		return see(v, v.dealURL(id))
	}
	view, err := v.bareCard(v.ctx, id)
	if err != nil {
		v.wholePanel()
		return v.fail(err, v.dealURL(id))
	}
	view.Return = v.QueryParam("field")
	return v.show(http.StatusOK, "deal_card", view)
}

// editDeal is the form of one row: GET …/deals/:id/edit?field=…; without a field it lists all that can be changed.
func (h *Handlers) editDeal(v *visit) error {
	id := number(v.Param("id"))
	edit, err := v.crm.DealEdit(v.ctx, id)
	if err != nil {
		v.wholePanel()
		return v.fail(err, v.dealURL(id))
	}
	key := v.QueryParam("field")
	if key == "" {
		card, err := v.crm.Deal(v.ctx, id)
		if err != nil {
			return v.fail(err, v.dealURL(id))
		}
		return v.show(http.StatusOK, "deal_fields", fieldsPage(v.format(), v.dealURL(id), edit, card))
	}
	typed := asItIs(key, edit)
	typed.head = v.QueryParam("head") != ""
	typed.inPlace = isHTMX(v.Context) && v.Request().Header.Get("HX-Target") != "panel"
	return v.editForm(id, edit, typed, nil, nil)
}

// editForm shows the form of a row, in the card or as a page.
func (v *visit) editForm(id int64, edit crm.DealEdit, typed typedEdit, errs map[string]string, s *stop) error {
	view, ok := editForm(v.format(), v.dealURL(id), edit, typed, errs)
	if !ok {
		v.wholePanel()
		return v.fail(crm.ErrGone, v.dealURL(id))
	}
	if s != nil {
		view.Problem, view.Token = s.text, ui.Plain(s.token)
	}
	if !typed.inPlace {
		return v.show(http.StatusOK, "deal_edit_page", view)
	}
	return v.show(http.StatusOK, "deal_edit", view)
}

// readEdit reads the form of a row. errs holds catalogue keys.
func readEdit(form url.Values, lang i18n.Lang) (t typedEdit, change crm.DealChange, errs map[string]string) {
	errs = map[string]string{}
	t = typedEdit{
		sent: true, key: form.Get("field"), head: form.Get("head") != "", inPlace: form.Get("inplace") != "",
		name: strings.TrimSpace(form.Get("name")), price: strings.TrimSpace(form.Get("price")),
		reason: number(form.Get("loss_reason_id")), user: number(form.Get("responsible_id")), fields: readFields(form),
	}
	pipeline, status, _ := strings.Cut(form.Get("stage"), ":")
	t.pipeline, t.status = number(pipeline), number(status)
	change.Lang = string(lang)
	switch t.key {
	case fieldDealName:
		change.Name = &t.name
	case crm.FieldAmount:
		change.Price = &t.price
	case crm.FieldResponsible:
		change.ResponsibleID = t.user
		if t.user == 0 {
			errs["responsible_id"] = "error.required"
		}
	case crm.FieldStage, crm.FieldPipeline, crm.FieldLossReason:
		change.PipelineID, change.StatusID, change.LossReasonID, change.Fields = t.pipeline, t.status, t.reason, t.fields
		if t.status == 0 {
			errs["status_id"] = "error.required"
		}
	default:
		id, _ := strings.CutPrefix(t.key, "cf:")
		change.Fields = map[int64][]string{number(id): t.fields[number(id)]}
	}
	return t, change, errs
}

// dealNeeds is what the chosen stage asks for: POST …/deals/:id/edit/needs with the whole form.
func (h *Handlers) dealNeeds(v *visit) error {
	id := number(v.Param("id"))
	form, err := v.FormParams()
	if err != nil {
		return v.fail(err, v.dealURL(id))
	}
	typed, _, _ := readEdit(form, v.session.Lang)
	edit, err := v.crm.DealEdit(v.ctx, id)
	if err != nil {
		_, _, _, known := problemCode(err)
		h.note(v.ctx, err, known, v.session.TenantID)
		return v.NoContent(http.StatusNoContent) // the form stays; sending it says what is missing
	}
	return v.show(http.StatusOK, "deal_needs", editFormView{Needs: stageNeeds(v.format(), edit, typed, nil)})
}

// changeDeal changes one row: POST …/deals/:id/edit.
func (h *Handlers) changeDeal(v *visit) error {
	id := number(v.Param("id"))
	form, err := v.FormParams()
	if err != nil {
		return v.fail(err, v.dealURL(id))
	}
	typed, change, errs := readEdit(form, v.session.Lang)
	if len(errs) > 0 {
		for path, key := range errs {
			errs[path] = v.t(key)
		}
		return v.editAgain(id, typed, errs, nil)
	}
	once, _, err := v.begin()
	if err != nil {
		return v.changeFailed(id, typed, err)
	}
	if once != nil {
		ctx, cancel := v.writing()
		defer cancel()
		change, err := v.wholeChange(ctx, id, change)
		if err == nil {
			err = v.written(v.crm.ChangeDeal(ctx, id, change))
		}
		if err != nil {
			return v.changeFailed(id, typed, errors.Join(err, once.Release(v.ctx)))
		}
		if err := once.Done(v.ctx, "changed"); err != nil {
			h.note(v.ctx, err, false, v.session.TenantID)
		}
	}
	return v.dealWritten(id, "deal_written", func(view *cardView) {
		view.Return, view.Said = typed.key, v.t("edit.saved")
		view.Tasks.OOB = true
	})
}

// written lets pass what was written although something that follows failed.
func (v *visit) written(err error) error {
	if after := (*crm.AfterCreate)(nil); errors.As(err, &after) {
		v.h.note(v.ctx, err, false, v.session.TenantID)
		return nil
	}
	return err
}

// dealWritten shows the deal after a write. Without script the browser is sent to the card, so that a reload does not
// send the form again; a form that has a page of its own leads there, too.
func (v *visit) dealWritten(id int64, name string, mark func(*cardView)) error {
	if !isHTMX(v.Context) {
		return see(v, v.dealURL(id))
	}
	ctx, cancel := v.owned(v.h.Budget)
	defer cancel()
	view, err := v.card(ctx, id, feedAsk{only: v.feedAsk().only})
	if err != nil {
		return v.fail(err, v.dealURL(id))
	}
	if v.FormValue("inplace") == "" && name == "deal_written" {
		view.Said = v.t("edit.saved")
		return v.show(http.StatusOK, "deal", view)
	}
	view.Feed.OOB = true
	mark(&view)
	return v.show(http.StatusOK, name, view)
}

// changeFailed shows the form of the row again with its errors.
func (v *visit) changeFailed(id int64, typed typedEdit, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) || errors.Is(err, crm.ErrGone) {
		v.wholePanel()
		return v.fail(err, "")
	}
	var refused *crm.FieldErrors
	if errors.As(err, &refused) {
		return v.editAgain(id, typed, v.fieldTexts(refused), nil)
	}
	_, _, _, known := problemCode(err)
	v.h.note(v.ctx, err, known, v.session.TenantID)
	p := v.problem(err, "")
	return v.editAgain(id, typed, nil, &stop{v.problemLine(p), v.nextToken(err)})
}

// editAgain draws the row's form with what was typed, where it stood.
func (v *visit) editAgain(id int64, typed typedEdit, errs map[string]string, s *stop) error {
	ctx, cancel := v.owned(v.h.Budget / 2)
	defer cancel()
	edit, err := v.crm.DealEdit(ctx, id)
	if err != nil {
		v.wholePanel()
		return v.fail(err, v.dealURL(id))
	}
	if typed.inPlace && isHTMX(v.Context) {
		v.Response().Header().Set("HX-Retarget", "#"+rowID(typed.key))
		v.Response().Header().Set("HX-Reswap", "outerHTML")
	}
	return v.editForm(id, edit, typed, errs, s)
}

// wholePanel has a fragment replace the panel instead of the part that it was meant for.
func (v *visit) wholePanel() {
	if isHTMX(v.Context) {
		v.Response().Header().Set("HX-Retarget", "#panel")
		v.Response().Header().Set("HX-Reswap", "innerHTML")
	}
}
