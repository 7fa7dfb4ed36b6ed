package amocrm

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/when"
)

// visit is one request inside a session.
type visit struct {
	echo.Context
	h       *Handlers
	session session.Session
	crm     CRM
	ctx     context.Context // ends with the page's budget
	wish    wish
	done    string // what was done before this page, for its confirmation (notice); "" for nothing
}

// base is the address of the session's panel.
func (v *visit) base() string { return "/blocks/amocrm/" + v.session.ID }

func (v *visit) t(key string, args ...any) string {
	return v.h.Catalog.T(v.session.Lang, key, args...)
}

// account opens the tenant's account for a visit, in the tenant's language.
func (v *visit) account(ctx context.Context) (err error) {
	if v.crm, err = v.h.CRM(ctx, v.session.TenantID); err != nil {
		return err
	}
	v.session.Lang = i18n.ChosenLang(v.crm.Tenant().Settings.Language, v.session.Lang)
	return nil
}

// sight returns how the reader sees phones: with their middle hidden where the tenant hides it or is not known.
func (v *visit) sight() phone.Display {
	if v.crm == nil {
		return phone.Display{Masked: true}
	}
	if !v.crm.Tenant().Settings.MaskPhones {
		return phone.Display{}
	}
	ctx, cancel := v.owned(grace) // the page's own time may be over
	defer cancel()
	return v.formatIn(ctx).Display
}

func (v *visit) format() i18n.Format { return v.formatIn(v.ctx) }

// formatIn is built after the CRM was asked, so that the account comes from the cache; without it times are UTC.
func (v *visit) formatIn(ctx context.Context) i18n.Format {
	f := i18n.Format{Catalog: v.h.Catalog, Lang: v.session.Lang, Now: v.h.Now()}
	if v.crm == nil {
		return f
	}
	settings := v.crm.Tenant().Settings
	f.Region, f.Masked = settings.Region, settings.MaskPhones
	account, err := v.crm.Info(ctx)
	if err != nil {
		return f
	}
	f.Region = phone.Region(settings.Region, account.Country)
	if zone, err := when.Zone(account.Timezone); err == nil {
		f.Zone = zone
	}
	return f
}

// patience is how long a write may take: giving up early would leave open whether it was done.
const patience = 25 * time.Second

// writing is a context for a write. It goes on when the browser leaves: half a write helps nobody.
func (v *visit) writing() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(v.Request().Context()), patience)
}

// number is an id from the path or a form, 0 when it is none.
func number(raw string) int64 {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// inside opens the session of the path and the account behind it, and bounds the time of the whole page.
func (h *Handlers) inside(next func(*visit) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		ui.Secure(c.Response().Header(), ui.Policy{FrameAncestors: h.FrameAncestors})
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, session.MaxBody)
		ctx, cancel := context.WithTimeout(c.Request().Context(), h.Budget-grace)
		defer cancel()
		v := &visit{Context: c, h: h, ctx: ctx}
		opened, err := h.Sessions.Get(ctx, c.Param("session"))
		if errors.Is(err, session.ErrExpired) {
			return v.expired()
		}
		if err != nil {
			v.session.Lang = browserLang(c.Request())
			return v.fail(err, "")
		}
		v.session = opened
		v.sign()
		if err := v.account(ctx); err != nil {
			return v.fail(err, v.base())
		}
		return next(v)
	}
}

// expired says that the block has to be refreshed. The language went with the session, so it is the browser's. A
// fragment replaces the whole panel, wherever it was meant to go.
func (v *visit) expired() error {
	v.session.Lang = browserLang(v.Request())
	status := http.StatusOK
	if isHTMX(v.Context) {
		status = http.StatusGone
		v.Response().Header().Set("HX-Retarget", "#panel")
		v.Response().Header().Set("HX-Reswap", "innerHTML")
	}
	return v.show(status, "expired", problemView{
		Title: v.t("expired.title"), Text: v.t("expired.text"),
	})
}
