package ui

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/internal/when"
)

// Margin is kept of the budget for rendering, and so that a read that gives up can still hand out older data.
const Margin = 150 * time.Millisecond

// writeTimeout is how long a write may take: giving up early would leave open whether it was done.
const writeTimeout = 25 * time.Second

// PageRequest is one request for a page.
type PageRequest struct {
	echo.Context
	Kit     *Kit
	Session session.Session
	Ctx     context.Context // ends with the page's budget
	Done    string          // what was done before this page, for links that lead on; "" for nothing
	Notice  *Notice         // names it

	company *tenant.Tenant // nil until For
	locale  func(context.Context) (country, timezone string, err error)
}

// InSession returns a request for an answer to what has just opened a session.
func (k *Kit) InSession(ctx context.Context, c echo.Context, s session.Session) *PageRequest {
	return &PageRequest{Context: c, Kit: k, Ctx: ctx, Session: s}
}

// For takes over what a company has chosen. locale reads the country and the time zone of its account, where there is one.
// Until then the request's page is masked: it is not known what its reader may see.
func (r *PageRequest) For(t tenant.Tenant, locale func(context.Context) (country, timezone string, err error)) {
	r.company, r.locale = &t, locale
	r.Session.Lang = i18n.ChosenLang(t.Settings.Language, r.Session.Lang)
}

// Tenant returns the company that the page is for, an empty one until For.
func (r *PageRequest) Tenant() tenant.Tenant {
	if r.company == nil {
		return tenant.Tenant{}
	}
	return *r.company
}

// Base returns the address of the session's pages.
func (r *PageRequest) Base() string { return r.Kit.Path + "/" + r.Session.ID }

// T returns a text in the reader's language.
func (r *PageRequest) T(key string, args ...any) string {
	return r.Kit.Catalog.T(r.Session.Lang, key, args...)
}

// Format returns how the reader sees values.
func (r *PageRequest) Format() i18n.Format { return r.FormatIn(r.Ctx) }

// FormatIn returns Format with time of its own. It is asked for after the account was read, so that its locale comes from the
// cache; without it times are UTC.
func (r *PageRequest) FormatIn(ctx context.Context) i18n.Format {
	f := i18n.Format{Catalog: r.Kit.Catalog, Lang: r.Session.Lang, Now: r.Kit.Now(), Display: phone.Display{Masked: true}}
	if r.company == nil {
		return f
	}
	settings := r.company.Settings
	f.Region, f.Masked = settings.Region, settings.MaskPhones
	country, timezone, err := r.locale(ctx)
	if err != nil {
		return f
	}
	f.Region = phone.Region(settings.Region, country)
	if zone, err := when.Zone(timezone); err == nil {
		f.Zone = zone
	}
	return f
}

// display returns how the reader sees phones: with their middle hidden where the company hides it or is not known.
func display(r *PageRequest) phone.Display {
	if r.company != nil && !r.company.Settings.MaskPhones {
		return phone.Display{}
	}
	ctx, cancel := r.Background(Margin) // the page's own time may be over
	defer cancel()
	return r.FormatIn(ctx).Display
}

// Writing returns a context for a write. It goes on when the browser leaves: half a write helps no one.
func (r *PageRequest) Writing() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Request().Context()), writeTimeout)
}

// Background returns a context that outlives the request.
func (r *PageRequest) Background(life time.Duration) (context.Context, context.CancelFunc) {
	return r.Kit.Background(r.Request().Context(), life)
}

// Begin claims the form that was sent, by its token. It waits as long as a write may take: the second of two clicks
// shows what the first one led to.
func (r *PageRequest) Begin() (*session.Once, string, error) {
	ctx, cancel := r.Writing()
	defer cancel()
	return r.Kit.Sessions.Begin(ctx, r.Session, r.FormValue("token"))
}

// Once writes what a form asks for and returns what was done, or what was done when the form was sent before. After an error it
// can be sent again.
func (r *PageRequest) Once(write func(ctx context.Context) (done string, err error)) (done string, err error) {
	once, done, err := r.Begin()
	if err != nil || once == nil {
		return done, err
	}
	ctx, cancel := r.Writing()
	defer cancel()
	if done, err = write(ctx); err != nil {
		return "", errors.Join(err, once.Release(ctx))
	}
	if err := once.Done(ctx, done); err != nil {
		r.LogError(err)
	}
	return done, nil
}

// NextToken returns what a form is drawn with after err. While the first sending is still at work it stays the same, so
// that sending again can't act a second time.
func (r *PageRequest) NextToken(err error) Plain {
	if token := r.FormValue("token"); errors.Is(err, session.ErrBusy) {
		return Plain(token)
	}
	return NewToken()
}

// NewToken returns the token of a form that is drawn for the first time.
func NewToken() Plain { return Plain(session.NewID()) }

// HTMX reports whether a part of a page is asked for.
func (r *PageRequest) HTMX() bool { return r.Request().Header.Get("HX-Request") == "true" }

// WholePanel makes a fragment replace the panel instead of the part that it was meant for.
func (r *PageRequest) WholePanel() {
	if r.HTMX() {
		r.Response().Header().Set("HX-Retarget", "#panel")
		r.Response().Header().Set("HX-Reswap", "innerHTML")
	}
}

// SeeOther sends a browser without script to the result of its form.
func (r *PageRequest) SeeOther(path string) error { return r.Redirect(http.StatusSeeOther, path) }

// LogProblem notes why the reader is shown a problem.
func (r *PageRequest) LogProblem(err error) { r.Kit.LogProblem(r.Ctx, err, r.Session.TenantID) }

// LogError notes what should not happen and does not change the page.
func (r *PageRequest) LogError(err error) { r.Kit.LogError(r.Ctx, err, r.Session.TenantID) }

// expired shows that the block has to be refreshed. The language went with the session, so it is the browser's. A
// fragment replaces the whole panel, wherever it was meant to go.
func expired(r *PageRequest) error {
	status := http.StatusOK
	if r.HTMX() {
		status = http.StatusGone
		r.WholePanel()
	}
	return r.Show(status, "expired", ProblemView{Title: r.T("expired.title"), Text: r.T("expired.text")})
}

// Number returns an id from a path or a form, 0 when it is none.
func Number(raw string) int64 {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Numbers returns the first max ids of a list such as "12,13"; what is no id is left out.
func Numbers(list string, max int) []int64 {
	var out []int64
	for part := range strings.SplitSeq(list, ",") {
		if id := Number(part); id != 0 && len(out) < max {
			out = append(out, id)
		}
	}
	return out
}
