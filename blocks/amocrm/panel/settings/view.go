package settings

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/tenant"
)

// maxMappings bounds the pairs of the field mapping; spareMappings empty ones stand below those that are filled.
const (
	maxMappings   = 30
	spareMappings = 2
)

// pageView is the settings page. Lists of the account are empty when it could not be asked.
type pageView struct {
	Base      ui.Plain
	Token     ui.Plain
	Saved     bool
	Errors    map[string]string
	Mask      bool
	DealName  ui.Plain
	Account   string // its country's region, for the empty choice
	Languages []forms.Option
	Regions   []forms.Option
	Stages    []groupView
	Users     []forms.Option
	Places    []string
	Example   string
	Maps      []mapRow
	CanMap    bool
	CanMore   bool
	Unread    string      // why the lists are missing
	Links     [][]ui.Link // to pages of other blocks
	State     connectionView
	Notices   *noticesView // nil: not offered
}

// groupView is a titled part of a list.
type groupView struct {
	Title   string
	Options []forms.Option
}

// mapRow is one pair of the mapping.
type mapRow struct {
	N     int
	From  []groupView
	To    []groupView
	Error string
}

// connectionView is the state of the login.
type connectionView struct {
	Connected bool
	Account   string
	Host      ui.Plain
	Since     string
	Lost      string
	By        string
	Refreshed string
	Next      string
}

func (r *request) page(ctx context.Context, s tenant.Settings, errs map[string]string) (pageView, error) {
	status, err := r.h.Grants.Status(ctx, r.Session.TenantID)
	if err != nil {
		return pageView{}, err
	}
	meta, metaErr := r.crm.Meta(ctx)
	f := r.FormatIn(ctx)
	view := pageView{
		Base: ui.Plain(r.Base()), Token: ui.NewToken(), Mask: s.MaskPhones, DealName: ui.Plain(s.DealName), Errors: errs, Account: meta.Account.Country,
		Languages: languageOptions(r.h.Catalog, s.Language), Regions: regionOptions(s.Region),
		Example: deals.Name(s.DealName, r.Session.Ticket), Links: r.h.Links,
	}
	for _, p := range deals.NamePlaces {
		view.Places = append(view.Places, "{{"+p+"}}")
	}
	view.State = connectionView{Connected: status.State == "connected", Account: status.AccountName}
	view.Notices = r.noticesSection(status.State, notify.Of(r.crm.Tenant()), r.crm.Tenant().Settings.CommentBack)
	view.State.Host = ui.Plain(tenant.Host(r.crm.Tenant().AmoBase))
	since := &view.State.Lost
	if view.State.Connected {
		since = &view.State.Since
	}
	for into, at := range map[*string]time.Time{
		since: status.Since, &view.State.Refreshed: status.RefreshedAt, &view.State.Next: status.ExpiresAt,
	} {
		if !at.IsZero() {
			*into = f.DateTime(at)
		}
	}
	if metaErr != nil {
		r.LogProblem(metaErr)
		p := r.Problem(metaErr, "")
		view.Unread = p.Title
		return view, nil
	}
	view.State.By = meta.UserName(status.UserID)
	view.lists(f, s, meta, errs)
	return view, nil
}

// lists fills in the choices that only the account knows.
func (view *pageView) lists(f i18n.Format, s tenant.Settings, meta crm.Meta, errs map[string]string) {
	for _, p := range meta.Open() {
		g := groupView{Title: p.Name}
		for _, st := range p.Statuses {
			chosen := int64(p.ID) == s.PipelineID && int64(st.ID) == s.StatusID
			g.Options = append(g.Options, forms.Choice(forms.ID(p.ID)+":"+forms.ID(st.ID), st.Name, chosen))
		}
		view.Stages = append(view.Stages, g)
	}
	view.Users = forms.Users(meta.Assignable(), s.ResponsibleID)
	rows := slices.Clone(s.Mapping)
	for range spareMappings {
		if len(rows) < maxMappings {
			rows = append(rows, tenant.FieldMap{})
		}
	}
	for i, rule := range rows {
		view.Maps = append(view.Maps, mapRow{
			N: i + 1, From: sourceGroups(f, rule.From), To: targetGroups(f, meta, rule), Error: errs["map."+strconv.Itoa(i)],
		})
	}
	view.CanMap = len(fields.MapTargets(meta, fields.EntityContact))+len(fields.MapTargets(meta, fields.EntityLead)) > 0
	view.CanMore = len(rows) < maxMappings
}

// keep leaves what was typed where no stored value can hold it.
func (view *pageView) keep(form url.Values) {
	view.DealName = ui.Plain(form.Get("deal_name"))
}

func languageOptions(catalog *i18n.Catalog, chosen string) []forms.Option {
	var out []forms.Option
	for _, l := range i18n.Langs {
		out = append(out, forms.Choice(string(l), catalog.T(l, "language.name"), string(l) == chosen))
	}
	return out
}

// regionOptions returns ISO codes with their calling code, which are the same in every language.
func regionOptions(chosen string) []forms.Option {
	var out []forms.Option
	for region, code := range phone.Regions() {
		out = append(out, forms.Choice(region, ui.Plain(region+" +"+strconv.Itoa(code)), region == chosen))
	}
	slices.SortFunc(out, func(a, b forms.Option) int { return cmp.Compare(a.Value, b.Value) })
	return out
}

// sourceGroups returns the helpdesk's values: client first, then ticket.
func sourceGroups(f i18n.Format, chosen string) []groupView {
	groups := []groupView{{Title: f.T("settings.of_client")}, {Title: f.T("settings.of_ticket")}}
	for _, from := range helpdesk.Sources {
		g := &groups[0]
		if strings.HasPrefix(from, "ticket.") {
			g = &groups[1]
		}
		g.Options = append(g.Options, forms.Choice(from, f.T("source."+from), from == chosen))
	}
	return groups
}

func targetGroups(f i18n.Format, meta crm.Meta, chosen tenant.FieldMap) []groupView {
	var groups []groupView
	titles := map[string]string{
		fields.EntityContact: f.T("settings.to_contact"), fields.EntityLead: f.T("settings.to_lead"),
	}
	for _, entity := range []string{fields.EntityContact, fields.EntityLead} {
		g := groupView{Title: titles[entity]}
		for _, field := range fields.MapTargets(meta, entity) {
			on := entity == chosen.Entity && int64(field.ID) == chosen.FieldID
			g.Options = append(g.Options, forms.Choice(entity+":"+forms.ID(field.ID), field.Name, on))
		}
		if len(g.Options) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}
