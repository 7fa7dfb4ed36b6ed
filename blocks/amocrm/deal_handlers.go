package amocrm

import (
	"context"
	"errors"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/rows"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

// DealCRM is what the card of a deal asks of an account.
type DealCRM interface {
	feed.CRM
	rows.CRM
	Tenant() tenant.Tenant
	Deal(ctx context.Context, id int64) (deals.Card, error)
	DealEdit(ctx context.Context, id int64) (deals.Edit, error)
	ChangeDeal(ctx context.Context, id int64, change deals.Change) error
	Tasks(ctx context.Context, leadID int64) (tasks.List, error)
	AddTask(ctx context.Context, leadID int64, draft tasks.Draft) (int64, error)
	CompleteTask(ctx context.Context, leadID, taskID int64, result string) error
	Comment(ctx context.Context, leadID int64, text string, sure bool) (int64, error)
	FindComment(ctx context.Context, leadID int64, text string) (int64, error)
}

// DealHandlers serve a deal's card.
type DealHandlers struct {
	*ui.Kit
	Account func(*ui.PageRequest) (DealCRM, error)
}

// Mount names the addresses.
func (h *DealHandlers) Mount(g route.Group) {
	g.GET("/deals/:id", h.withAccount(h.deal))
	g.GET("/deals/:id/feed", h.withAccount(h.feed))
	g.POST("/deals/:id/comments", h.withAccount(h.comment))
	g.POST("/deals/:id/comments/look", h.withAccount(h.lookForComment))
	g.GET("/deals/:id/card", h.withAccount(h.dealCard))
	g.GET("/deals/:id/edit", h.withAccount(h.editDeal))
	g.POST("/deals/:id/edit", h.withAccount(h.changeDeal))
	g.POST("/deals/:id/edit/needs", h.withAccount(h.dealNeeds))
	g.POST("/deals/:id/tasks", h.withAccount(h.addTask))
	g.POST("/deals/:id/tasks/:task/done", h.withAccount(h.completeTask))
}

// dealRequest is one request for a deal's card or a part of it.
type dealRequest struct {
	*ui.PageRequest
	h   *DealHandlers
	crm DealCRM
}

// withAccount opens the account behind a session.
func (h *DealHandlers) withAccount(next func(*dealRequest) error) echo.HandlerFunc {
	return h.WithSession(func(page *ui.PageRequest) error {
		account, err := h.Account(page)
		if err != nil {
			return page.Fail(err, page.Base())
		}
		return next(&dealRequest{page, h, account})
	})
}

// dealURL is the address of a deal's card.
func (r *dealRequest) dealURL(id int64) string {
	return r.Base() + "/deals/" + strconv.FormatInt(id, 10)
}

// written lets pass what was written although something that follows failed.
func (r *dealRequest) written(err error) error {
	if after := (*crm.AfterCreate)(nil); errors.As(err, &after) {
		r.LogError(err)
		return nil
	}
	return err
}
