package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// deleteForm is the button on a card.
func (s *Pages) deleteForm(entity string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found := false
		s.State.Write(func(state *world.World) {
			found = s.Editor.BinByHand(state, state.AccountAt(r.Host), entity, pageID(r))
		})
		if !found {
			s.noPage(w, r, "There is nothing with this number in this account to delete.")
			return
		}
		http.Redirect(w, r, "/"+entity+"/", http.StatusSeeOther)
	}
}

// cardPage shows one lead, contact or company with what hangs on it.
type cardPage struct {
	frame
	Kind, Name string
	ID         int64
	Facts      []fact
	Tags       []string
	People     []link
	Companies  []link
	Deals      []dealRow
	Notes      []noteRow
	Tasks      []taskRow
	Events     []eventRow
	Stages     []stageGroup // of a lead, to move it
	Track      []step       // of a lead: the stages of its pipeline
	Delete     string       // where the button posts to; empty is no button
}

// step is a stage of a lead's pipeline, seen from the lead.
type step struct {
	Name, Color   string
	Past, Current bool
}

type fact struct {
	Name   string
	Values []string
}

type noteRow struct{ Type, Text, Author, When string }

type taskRow struct {
	Text, Due, Responsible, Result string
	Done, Late                     bool
}

type eventRow struct{ Type, Author, When, Before, After string }

type stageGroup struct {
	Pipeline string
	Stages   []stage
}

type stage struct {
	Value, Name string
	Current     bool
}

func (s *Pages) leadCard(_ *world.World, a *world.Account, r *http.Request) (string, pageData) {
	l := a.Leads[pageID(r)]
	if l == nil || l.Deleted {
		return "", nil
	}
	row := dealOf(a, l)
	p := s.cardOf(a, "leads", "Deal", &l.Base)
	p.People = row.People
	head := []fact{{"Amount", []string{row.Price}}, {"Stage", []string{row.Pipeline + ": " + row.Stage}}}
	if reason := world.LossReasonOf(a, l.LossReasonID); reason != nil {
		head = append(head, fact{"Loss reason", []string{reason.Name}})
	}
	if l.ClosedAt != 0 {
		head = append(head, fact{"Closed", []string{shownTime(a, l.ClosedAt)}})
	}
	p.Facts = append(head, p.Facts...)
	p.Companies = linkTo(a, "companies", "Company", l.CompanyID)
	p.Delete, p.Track = "/leads/detail/"+id(l.ID)+"/delete", trackOf(a, l)
	for _, pl := range a.Pipelines {
		g := stageGroup{Pipeline: pl.Name}
		for _, st := range pl.Statuses {
			current := pl.ID == l.PipelineID && st.ID == l.StatusID
			if st.Type != world.UnsortedType || current {
				g.Stages = append(g.Stages, stage{id(pl.ID) + ":" + id(st.ID), st.Name, current})
			}
		}
		p.Stages = append(p.Stages, g)
	}
	return p.Name, p
}

// trackOf is the way through the lead's pipeline: its own stages, or the closing one that it stands in at their end.
func trackOf(a *world.Account, l *world.Lead) []step {
	var track []step
	past := true
	for _, st := range world.PipelineOf(a, l.PipelineID).Statuses {
		current := st.ID == l.StatusID
		past = past && !current
		if !current && (world.Closed(st.ID) || st.Type == world.UnsortedType) {
			continue
		}
		track = append(track, step{st.Name, st.Color, past, current})
	}
	return track
}

func (s *Pages) contactCard(_ *world.World, a *world.Account, r *http.Request) (string, pageData) {
	c := a.Contacts[pageID(r)]
	if c == nil || c.Deleted {
		return "", nil
	}
	p := s.cardOf(a, "contacts", "Contact", &c.Base)
	p.Delete = "/contacts/detail/" + id(c.ID) + "/delete"
	p.Companies = linkTo(a, "companies", "Company", c.CompanyID)
	p.addDeals(a, world.LeadsByContact(a)[c.ID])
	return p.Name, p
}

func (s *Pages) companyCard(_ *world.World, a *world.Account, r *http.Request) (string, pageData) {
	c := a.Companies[pageID(r)]
	if c == nil || c.Deleted {
		return "", nil
	}
	p := s.cardOf(a, "companies", "Company", &c.Base)
	contacts, leads := world.CompanyMembers(a, c.ID)
	for _, n := range contacts {
		p.People = append(p.People, linkTo(a, "contacts", "Contact", n)...)
	}
	p.addDeals(a, leads)
	return p.Name, p
}

// pageID is the number in a deep link; 0, which nothing has, for anything else.
func pageID(r *http.Request) int64 { return kit.ParseID(r.PathValue("id")) }

func (p *cardPage) addDeals(a *world.Account, leads []int64) {
	for _, n := range leads {
		if l := a.Leads[n]; l != nil && !l.Deleted && len(p.Deals) < shownRows {
			p.Deals = append(p.Deals, dealOf(a, l))
		}
	}
}

// cardOf collects what leads, contacts and companies have in common.
func (s *Pages) cardOf(a *world.Account, entity, kind string, b *world.Base) *cardPage {
	p := &cardPage{ID: b.ID, Kind: kind, Name: shownName(b.Name, kind, b.ID)}
	for _, f := range b.Fields {
		if def := world.FieldOf(a, entity, f.FieldID); def != nil {
			p.Facts = append(p.Facts, fact{def.Name, shownValues(a, def, f.Values)})
		}
	}
	p.Facts = append(p.Facts, fact{"Responsible", []string{byline(a, b.Responsible)}},
		fact{"Created", []string{shownTime(a, b.CreatedAt) + ", " + byline(a, b.CreatedBy)}},
		fact{"Changed", []string{shownTime(a, b.UpdatedAt) + ", " + byline(a, b.UpdatedBy)}})
	for _, t := range b.Tags {
		if tag := world.TagByID(a, entity, t); tag != nil {
			p.Tags = append(p.Tags, tag.Name)
		}
	}
	p.Notes, p.Tasks = notesOf(a, entity, b.ID), s.tasksOf(a, entity, b.ID)
	for i := len(a.Events) - 1; i >= 0 && len(p.Events) < shownRows; i-- {
		if e := a.Events[i]; e.Entity == world.Singular(entity) && e.EntityID == b.ID {
			p.Events = append(p.Events, eventRow{
				strings.ReplaceAll(e.Type, "_", " "), byline(a, e.CreatedBy), shownTime(a, e.CreatedAt), shownChanges(e.Before), shownChanges(e.After),
			})
		}
	}
	return p
}

// shownChanges leaves out the empty list.
func shownChanges(raw json.RawMessage) string { return strings.TrimPrefix(string(raw), "[]") }

func notesOf(a *world.Account, entity string, of int64) []noteRow {
	found := slices.SortedFunc(maps.Values(a.Notes), func(x, y *world.Note) int {
		return cmp.Or(cmp.Compare(y.CreatedAt, x.CreatedAt), cmp.Compare(y.ID, x.ID))
	})
	found = slices.DeleteFunc(found, func(n *world.Note) bool { return n.Entity != entity || n.EntityID != of })
	return kit.Each(found[:min(shownRows, len(found))], func(_ int, n *world.Note) noteRow {
		text, plain := n.Params["text"].(string)
		if !plain {
			text = world.PHPString(n.Params)
		}
		return noteRow{strings.ReplaceAll(n.Type, "_", " "), text, byline(a, n.CreatedBy), shownTime(a, n.CreatedAt)}
	})
}

func (s *Pages) tasksOf(a *world.Account, entity string, of int64) []taskRow {
	found := slices.SortedFunc(maps.Values(a.Tasks), func(x, y *world.Task) int {
		return cmp.Or(cmp.Compare(x.CompleteTill, y.CompleteTill), cmp.Compare(x.ID, y.ID))
	})
	found = slices.DeleteFunc(found, func(t *world.Task) bool { return t.Entity != entity || t.EntityID != of })
	return kit.Each(found[:min(shownRows, len(found))], func(_ int, t *world.Task) taskRow {
		late := !t.Completed && t.CompleteTill < s.Now().Unix()
		return taskRow{t.Text, shownTime(a, t.CompleteTill), byline(a, t.Responsible), t.Result, t.Completed, late}
	})
}

// moveLead changes a lead's stage as its first administrator would, with everything that follows from it.
func (s *Pages) moveLead(w http.ResponseWriter, r *http.Request) {
	pl, st, _ := strings.Cut(r.PostFormValue("stage"), ":")
	pipelineID, err1 := strconv.ParseInt(pl, 10, 64)
	statusID, err2 := strconv.ParseInt(st, 10, 64)
	trouble := ""
	s.State.Write(func(state *world.World) {
		a := state.AccountAt(r.Host)
		l := a.Leads[pageID(r)]
		_, to := world.StatusOf(a, pipelineID, statusID)
		switch {
		case l == nil || l.Deleted:
			trouble = "There is no such deal in this account."
		case err1 != nil || err2 != nil || to == nil:
			trouble = "There is no such stage in this account."
		case l.PipelineID == pipelineID && l.StatusID == statusID: // nothing to do
		case to.Type == world.UnsortedType:
			trouble = "A deal can't be moved to incoming leads."
		default:
			x := s.Editor.Writer(state, a, a.FirstAdmin().ID)
			x.Update("leads", &edit.Draft{ID: l.ID, Pipeline: &pipelineID, Status: &statusID})
		}
	})
	if trouble != "" {
		s.noPage(w, r, trouble)
		return
	}
	http.Redirect(w, r, fmt.Sprintf("/leads/detail/%d", pageID(r)), http.StatusSeeOther)
}
