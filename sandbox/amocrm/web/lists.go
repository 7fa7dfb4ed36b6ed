package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// shownRows bounds lists on pages; the count beside them is the true one.
const shownRows = 200

// dashboardPage is the way in.
type dashboardPage struct {
	frame
	Contacts, Companies, Leads, Tasks int
	Recent                            []dealRow
	RequestHost                       string
}

func (s *Pages) dashboard(_ *world.World, a *world.Account, r *http.Request) (string, pageData) {
	p := &dashboardPage{RequestHost: r.Host}
	leads := liveLeads(a)
	p.Leads, p.Contacts, p.Companies = len(leads), live(a, "contacts"), live(a, "companies")
	for _, t := range a.Tasks {
		if !t.Completed {
			p.Tasks++
		}
	}
	p.Recent = kit.Each(leads[:min(10, len(leads))], func(_ int, l *world.Lead) dealRow { return dealOf(a, l) })
	return "Dashboard", p
}

// live counts those that are not deleted.
func live(a *world.Account, entity string) int {
	return len(slices.DeleteFunc(world.Bases(a, entity), func(b *world.Base) bool { return b.Deleted }))
}

// liveLeads are the leads that are not deleted, newest first.
func liveLeads(a *world.Account) []*world.Lead {
	leads := slices.SortedFunc(maps.Values(a.Leads), func(x, y *world.Lead) int {
		return cmp.Or(cmp.Compare(y.CreatedAt, x.CreatedAt), cmp.Compare(y.ID, x.ID))
	})
	return slices.DeleteFunc(leads, func(l *world.Lead) bool { return l.Deleted })
}

// dealRow is a lead in a list.
type dealRow struct {
	ID                          int64
	Name, Price, Stage, Color   string
	Pipeline, Responsible, When string
	People                      []link
}

func dealOf(a *world.Account, l *world.Lead) dealRow {
	d := dealRow{
		ID: l.ID, Name: shownName(l.Name, "Deal", l.ID), Price: money(a, l.Price, l.Cents),
		Responsible: byline(a, l.Responsible), When: shownTime(a, l.CreatedAt),
	}
	if p, st := world.StatusOf(a, l.PipelineID, l.StatusID); st != nil {
		d.Pipeline, d.Stage, d.Color = p.Name, st.Name, st.Color
	}
	for _, lc := range l.Contacts {
		d.People = append(d.People, linkTo(a, "contacts", "Contact", lc.ID)...)
	}
	return d
}

// linkTo leads to a contact or a company, or nowhere when there is none.
func linkTo(a *world.Account, entity, kind string, n int64) []link {
	b := world.BaseByID(a, entity, n)
	if b == nil {
		return nil
	}
	return []link{{shownName(b.Name, kind, n), "/" + entity + "/detail/" + id(n)}}
}

// money is an amount in the account's currency, with its cents where the account keeps them.
func money(a *world.Account, n, cents int64) string {
	shown, negative := strings.CutPrefix(id(n), "-")
	for i := len(shown) - 3; i > 0; i -= 3 {
		shown = shown[:i] + "\u00a0" + shown[i:]
	}
	if negative {
		shown = "-" + shown
	}
	if a.Cents {
		shown += fmt.Sprintf(",%02d", max(cents, -cents))
	}
	return strings.TrimSpace(shown + "\u00a0" + cmp.Or(a.CurrencySign, a.Currency))
}

// shownTime is a time for people; 0 is none.
func shownTime(a *world.Account, unix int64) string {
	if unix == 0 {
		return ""
	}
	return world.WallClock(a, unix)[:len("2006-01-02 15:04")]
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

// shownName never is empty, so that there always is something to click.
func shownName(name, kind string, n int64) string {
	if strings.TrimSpace(name) == "" {
		return kind + " #" + id(n)
	}
	return name
}

// byline is a user's name; 0 is amoCRM itself.
func byline(a *world.Account, userID int64) string {
	if u := world.UserOf(a, userID); u != nil {
		return u.Name
	}
	if userID == 0 {
		return "amoCRM"
	}
	return "User #" + id(userID)
}

// peoplePage lists contacts or companies.
type peoplePage struct {
	frame
	Kind  string // contacts, companies
	Query string
	Total int
	Rows  []personRow
}

type personRow struct {
	Name, URL, Company, Responsible string
	Phones, Emails                  []string
	Deals                           int
}

// personList makes the page of contacts or companies.
func personList(entity, title, kind string) func(*world.World, *world.Account, *http.Request) (string, pageData) {
	return func(_ *world.World, a *world.Account, r *http.Request) (string, pageData) {
		p := &peoplePage{Kind: entity, Query: r.URL.Query().Get("q")}
		deals := world.LeadsByContact(a)
		for _, b := range world.Bases(a, entity) {
			row := personRow{
				Name: shownName(b.Name, kind, b.ID), URL: "/" + entity + "/detail/" + id(b.ID), Responsible: byline(a, b.Responsible),
				Phones: coded(a, entity, b.Fields, "PHONE"), Emails: coded(a, entity, b.Fields, "EMAIL"),
			}
			if entity == "companies" {
				_, leads := world.CompanyMembers(a, b.ID)
				row.Deals = len(leads)
			} else {
				row.Deals = len(deals[b.ID])
				if company := a.Companies[a.Contacts[b.ID].CompanyID]; company != nil {
					row.Company = company.Name
				}
			}
			p.add(b, row)
		}
		return title, p
	}
}

// add keeps a row that is not deleted and holds the query.
func (p *peoplePage) add(b *world.Base, row personRow) {
	text := strings.ToLower(strings.Join(slices.Concat([]string{row.Name, row.Company, id(b.ID)}, row.Phones, row.Emails), "\n"))
	if b.Deleted || !strings.Contains(text, strings.ToLower(strings.TrimSpace(p.Query))) {
		return
	}
	p.Total++
	if len(p.Rows) < shownRows {
		p.Rows = append(p.Rows, row)
	}
}

// coded are the values of a predefined field.
func coded(a *world.Account, entity string, fields []world.FieldValue, code string) []string {
	for _, f := range fields {
		if def := world.FieldByCode(a, entity, code); def != nil && f.FieldID == def.ID {
			return shownValues(a, def, f.Values)
		}
	}
	return nil
}

// shownValues are a field's values as text.
func shownValues(a *world.Account, def *world.Field, values []map[string]any) []string {
	var out []string
	for _, v := range values {
		text := world.PHPString(v["value"])
		if _, told := v["value"]; !told { // a chained list has none
			text = world.PHPString(v)
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			switch def.Type {
			case "date", "birthday":
				text = time.Unix(n, 0).UTC().Format(time.DateOnly)
			case "date_time":
				text = shownTime(a, n)
			case "checkbox":
				text = map[bool]string{true: "yes", false: "no"}[n != 0]
			}
		}
		if kind, ok := v["enum_code"].(string); ok && def.Type == "multitext" {
			text += " (" + strings.ToLower(kind) + ")"
		}
		out = append(out, text)
	}
	return out
}

// boardPage shows a pipeline, one column for each stage.
type boardPage struct {
	frame
	Pipelines []pipelineTab
	Columns   []column
}

type pipelineTab struct {
	link
	Current bool
}

type column struct {
	Name, Color, Sum string
	Count            int
	Deals            []dealRow
}

func (s *Pages) board(_ *world.World, a *world.Account, r *http.Request) (string, pageData) {
	chosen := world.MainPipeline(a)
	if n, err := strconv.ParseInt(cmp.Or(r.PathValue("pipeline"), r.URL.Query().Get("pipeline")), 10, 64); err == nil {
		if chosen = world.PipelineOf(a, n); chosen == nil {
			return "", nil
		}
	}
	p := &boardPage{Pipelines: kit.Each(a.Pipelines, func(_ int, pl *world.Pipeline) pipelineTab {
		return pipelineTab{link{pl.Name, "/leads/pipeline/" + id(pl.ID)}, pl == chosen}
	})}
	leads := liveLeads(a)
	for _, st := range chosen.Statuses {
		c := column{Name: st.Name, Color: st.Color}
		var sum int64
		for _, l := range leads {
			if l.PipelineID != chosen.ID || l.StatusID != st.ID {
				continue
			}
			c.Count++
			sum += l.Price*100 + l.Cents
			if len(c.Deals) < shownRows {
				c.Deals = append(c.Deals, dealOf(a, l))
			}
		}
		c.Sum = money(a, sum/100, sum%100)
		p.Columns = append(p.Columns, c)
	}
	return "Deals: " + chosen.Name, p
}
