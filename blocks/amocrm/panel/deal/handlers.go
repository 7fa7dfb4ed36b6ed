// Package deal is a deal opened in the panel: its card, its tasks and its feed, the forms of its rows, comments and tasks.
//
// It refuses to know how a client's deals are found and how a new one is made.
//
// Invariants: tasks and feed that can't be read don't hide the card; a comment whose answer was lost is looked for and not sent
// again; what was typed survives an error; a form sent twice acts once.
package deal

import (
	"context"
	"embed"
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
	id  int64 // of the deal, 0 for none
}

func (h *Handlers) withAccount(next func(*request) error) echo.HandlerFunc {
	return ui.WithAccount(h.Kit, h.Account, func(page *ui.PageRequest, account CRM) error {
		return next(&request{page, h, account, ui.Number(page.Param("id"))})
	})
}

// failWhole answers with what went wrong in the place of the whole panel.
func (r *request) failWhole(err error, retry string) error {
	r.WholePanel()
	return r.Fail(err, retry)
}

// dealURL returns the address of the deal's card.
func (r *request) dealURL() string {
	return r.Base() + "/deals/" + strconv.FormatInt(r.id, 10)
}

// Templates are those of the card and its parts.
//
//go:embed templates/*.html
var Templates embed.FS
