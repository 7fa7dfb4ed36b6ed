package hooks

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// hookWants reports whether the subscription includes an event.
func hookWants(h *world.Hook, setting string) bool { return slices.Contains(h.Settings, setting) }

// hookSetting is the name under which a change is subscribed: "status_lead".
func hookSetting(c world.Change) string { return c.Action + "_" + world.Singular(c.Entity) }

// elementType is the old number of an entity kind.
var elementType = map[string]int64{"contacts": 1, "leads": 2, "companies": 3}

// noteNumber is the old number of a note type; those that the reference does not number come as a common note.
var noteNumber = map[string]int64{"common": 4, "call_in": 10, "call_out": 11}

// form is a form body whose keys are nested as PHP does it, in the order in which they were put. amoCRM's keys come
// in an order too, and receivers with order-dependent parsers exist.
type form struct{ pairs []string }

func (f *form) put(key string, value any) {
	f.pairs = append(f.pairs, url.QueryEscape(key)+"="+url.QueryEscape(fmt.Sprint(value)))
}

func (f *form) String() string { return strings.Join(f.pairs, "&") }

// hookBody is the body of a webhook (amocrm.md §7.3), from what the entity is now. The caller holds the write lock.
func hookBody(a *world.Account, c world.Change) string {
	f := &form{}
	switch {
	case c.Action == "note":
		noteBody(f, a, c)
	case c.Action == "delete" && c.Entity != "tasks":
		f.put(hookRoot(c)+"[id]", c.ID)
	case c.Entity == "leads" && a.Leads[c.ID] != nil:
		leadBody(f, a, a.Leads[c.ID], c)
	case c.Entity == "contacts" && a.Contacts[c.ID] != nil:
		contactBody(f, a, a.Contacts[c.ID], c)
	case c.Entity == "companies" && a.Companies[c.ID] != nil:
		companyBody(f, a, a.Companies[c.ID], c)
	case c.Entity == "tasks" && a.Tasks[c.ID] != nil:
		taskBody(f, a, a.Tasks[c.ID], c)
	default:
		f.put(hookRoot(c)+"[id]", c.ID)
	}
	f.put("account[subdomain]", a.Subdomain)
	f.put("account[id]", a.ID)
	f.put("account[_links][self]", "http://"+a.Host)
	return f.String()
}

// hookRoot is the key that everything hangs on: companies come as contacts, tasks in the singular.
func hookRoot(c world.Change) string {
	root := c.Entity
	switch c.Entity {
	case "companies":
		root = "contacts"
	case "tasks":
		root = "task"
	}
	return root + "[" + c.Action + "][0]"
}

func leadBody(f *form, a *world.Account, l *world.Lead, c world.Change) {
	k := hookRoot(c)
	f.put(k+"[id]", l.ID)
	f.put(k+"[name]", l.Name)
	f.put(k+"[status_id]", l.StatusID)
	if c.OldStatus != 0 {
		f.put(k+"[old_status_id]", c.OldStatus)
	}
	f.put(k+"[price]", l.Price)
	if a.Cents {
		f.put(k+"[price_with_minor_units]", strconv.FormatFloat(l.Sale(), 'f', -1, 64))
	}
	f.put(k+"[responsible_user_id]", l.Responsible)
	if c.OldResponsible != 0 {
		f.put(k+"[old_responsible_user_id]", c.OldResponsible)
	}
	f.put(k+"[last_modified]", l.UpdatedAt)
	f.put(k+"[modified_user_id]", l.UpdatedBy)
	f.put(k+"[created_user_id]", l.CreatedBy)
	f.put(k+"[date_create]", l.CreatedAt)
	f.put(k+"[pipeline_id]", l.PipelineID)
	if c.OldPipeline != 0 && c.OldPipeline != l.PipelineID {
		f.put(k+"[old_pipeline_id]", c.OldPipeline)
	}
	tagsBody(f, k, a, "leads", l.Tags)
	f.put(k+"[account_id]", a.ID)
	fieldsBody(f, k, a, "leads", l.Fields)
}

func contactBody(f *form, a *world.Account, p *world.Contact, c world.Change) {
	k := hookRoot(c)
	personHead(f, k, &p.Base, c)
	if company := a.Companies[p.CompanyID]; company != nil {
		f.put(k+"[company_name]", company.Name)
		f.put(k+"[linked_company_id]", company.ID)
	}
	tagsBody(f, k, a, "contacts", p.Tags)
	f.put(k+"[account_id]", a.ID)
	fieldsBody(f, k, a, "contacts", p.Fields)
	for _, id := range leadsWith(a, func(l *world.Lead) bool {
		return slices.ContainsFunc(l.Contacts, func(lc world.LeadContact) bool { return lc.ID == p.ID })
	}) {
		f.put(fmt.Sprintf("%s[linked_leads_id][%d][ID]", k, id), id)
	}
	personTail(f, k, &p.Base, "contact")
}

func companyBody(f *form, a *world.Account, p *world.Company, c world.Change) {
	k := hookRoot(c)
	personHead(f, k, &p.Base, c)
	tagsBody(f, k, a, "companies", p.Tags)
	f.put(k+"[account_id]", a.ID)
	fieldsBody(f, k, a, "companies", p.Fields)
	for _, id := range leadsWith(a, func(l *world.Lead) bool { return l.CompanyID == p.ID }) {
		f.put(fmt.Sprintf("%s[linked_leads_id][%d][ID]", k, id), id)
	}
	personTail(f, k, &p.Base, "company")
}

func personHead(f *form, k string, b *world.Base, c world.Change) {
	f.put(k+"[id]", b.ID)
	f.put(k+"[name]", b.Name)
	f.put(k+"[responsible_user_id]", b.Responsible)
	if c.OldResponsible != 0 {
		f.put(k+"[old_responsible_user_id]", c.OldResponsible)
	}
	f.put(k+"[date_create]", b.CreatedAt)
	f.put(k+"[last_modified]", b.UpdatedAt)
	f.put(k+"[created_user_id]", b.CreatedBy)
	f.put(k+"[modified_user_id]", b.UpdatedBy)
}

func personTail(f *form, k string, b *world.Base, kind string) {
	f.put(k+"[created_at]", b.CreatedAt)
	f.put(k+"[updated_at]", b.UpdatedAt)
	f.put(k+"[type]", kind)
}

// leadsWith are the ids of the leads that fit, in order.
func leadsWith(a *world.Account, fits func(*world.Lead) bool) []int64 {
	var ids []int64
	for id, l := range a.Leads {
		if !l.Deleted && fits(l) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func tagsBody(f *form, k string, a *world.Account, entity string, ids []int64) {
	n := 0
	for _, t := range a.Tags[entity] {
		if slices.Contains(ids, t.ID) {
			f.put(fmt.Sprintf("%s[tags][%d][id]", k, n), t.ID)
			f.put(fmt.Sprintf("%s[tags][%d][name]", k, n), t.Name)
			n++
		}
	}
}

// fieldsBody writes custom fields in their old form: a date is the bare value, everything else has a key of its own.
func fieldsBody(f *form, k string, a *world.Account, entity string, fields []world.FieldValue) {
	n := 0
	for _, fv := range fields {
		def := world.FieldOf(a, entity, fv.FieldID)
		if def == nil || len(fv.Values) == 0 {
			continue
		}
		fk := fmt.Sprintf("%s[custom_fields][%d]", k, n)
		n++
		f.put(fk+"[id]", def.ID)
		f.put(fk+"[name]", def.Name)
		if def.Code != "" {
			f.put(fk+"[code]", def.Code)
		}
		for j, v := range fv.Values {
			vk := fmt.Sprintf("%s[values][%d]", fk, j)
			if def.Type == "date" || def.Type == "date_time" || def.Type == "birthday" {
				f.put(vk, world.PHPString(v["value"]))
				continue
			}
			f.put(vk+"[value]", world.PHPString(v["value"]))
			if enum, ok := v["enum_id"]; ok && enum != nil {
				f.put(vk+"[enum]", world.PHPString(enum))
			}
		}
	}
}

// taskBody has the old names and dates as text in the account's zone.
func taskBody(f *form, a *world.Account, t *world.Task, c world.Change) {
	k := hookRoot(c)
	f.put(k+"[id]", t.ID)
	if n := elementType[t.Entity]; n != 0 {
		f.put(k+"[element_id]", t.EntityID)
		f.put(k+"[element_type]", n)
	}
	f.put(k+"[task_type]", t.Type)
	f.put(k+"[date_create]", world.WallClock(a, t.CreatedAt))
	f.put(k+"[text]", t.Text)
	f.put(k+"[status]", world.PHPString(t.Completed))
	f.put(k+"[account_id]", a.ID)
	f.put(k+"[created_user_id]", t.CreatedBy)
	f.put(k+"[last_modified]", world.WallClock(a, t.UpdatedAt))
	f.put(k+"[responsible_user_id]", t.Responsible)
	f.put(k+"[complete_till]", world.WallClock(a, t.CompleteTill))
	if t.Completed {
		f.put(k+"[action_close]", 1)
		if t.Result != "" {
			f.put(k+"[result][id]", t.ID)
			f.put(k+"[result][text]", t.Result)
		}
	}
}

// noteBody names the note twice, as amoCRM does.
func noteBody(f *form, a *world.Account, c world.Change) {
	n := a.Notes[c.NoteID]
	k := hookRoot(c) + "[note]"
	if n == nil {
		f.put(k+"[id]", c.NoteID)
		return
	}
	number := noteNumber[n.Type]
	if number == 0 {
		number = noteNumber["common"]
	}
	f.put(k+"[id]", n.ID)
	f.put(k+"[note_type]", number)
	f.put(k+"[element_type]", elementType[n.Entity])
	f.put(k+"[element_id]", n.EntityID)
	f.put(k+"[created_by]", n.CreatedBy)
	f.put(k+"[date_create]", world.WallClock(a, n.CreatedAt))
	f.put(k+"[text]", world.PHPString(n.Params["text"]))
	f.put(k+"[metadata]", world.PHPString(n.Params))
	f.put(k+"[account_id]", a.ID)
}

// Changed counts a change and hands it to the webhook deliveries. The caller holds the write lock: the bodies are
// built from what the entity is at this moment, nothing is sent here.
func (c *Courier) Changed(w *world.World, a *world.Account, ch world.Change) {
	c.stats.Made(a.Host, ch)
	setting := hookSetting(ch)
	for _, h := range a.Hooks {
		if h.Disabled || !hookWants(h, setting) {
			continue
		}
		c.Send(newHookDelivery(w.Epoch, a, h, hookBody(a, ch)))
	}
}
