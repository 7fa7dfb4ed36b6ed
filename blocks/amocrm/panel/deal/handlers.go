package deal

import (
	"context"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/feed"
	"github.com/sidecard/sidecard/blocks/amocrm/panel/rows"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/tasks"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/tenant"
)

// CRM is what the card of a deal asks of an account.
type CRM interface {
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

// Handlers serve a deal's card.
type Handlers struct {
	*ui.Kit
	Account func(*ui.PageRequest) (CRM, error)
}

// Mount names the addresses.
func (h *Handlers) Mount(g route.Group) {
	g.GET("/deals/:id", h.withAccount(h.show))
	g.GET("/deals/:id/feed", h.withAccount(h.showFeed))
	g.POST("/deals/:id/comments", h.withAccount(h.comment))
	g.POST("/deals/:id/comments/look", h.withAccount(h.lookForComment))
	g.GET("/deals/:id/card", h.withAccount(h.showCard))
	g.GET("/deals/:id/edit", h.withAccount(h.edit))
	g.POST("/deals/:id/edit", h.withAccount(h.change))
	g.POST("/deals/:id/edit/needs", h.withAccount(h.needs))
	g.POST("/deals/:id/tasks", h.withAccount(h.addTask))
	g.POST("/deals/:id/tasks/:task/done", h.withAccount(h.completeTask))
}

// request is one request for a deal's card or a part of it.
type request struct {
	*ui.PageRequest
	h   *Handlers
	crm CRM
}

// withAccount opens the account behind a session.
func (h *Handlers) withAccount(next func(*request) error) echo.HandlerFunc {
	return h.WithSession(func(page *ui.PageRequest) error {
		account, err := h.Account(page)
		if err != nil {
			return page.Fail(err, page.Base())
		}
		return next(&request{page, h, account})
	})
}

// dealURL returns the address of a deal's card.
func (r *request) dealURL(id int64) string {
	return r.Base() + "/deals/" + strconv.FormatInt(id, 10)
}
