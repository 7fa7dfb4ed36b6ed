package hooks

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// elementType is the old number of an entity kind.
var elementType = map[string]int64{"contacts": 1, "leads": 2, "companies": 3}

// noteNumber is the old number of a note type; those that the reference does not number come as a common note.
var noteNumber = map[string]int64{"common": 4, "call_in": 10, "call_out": 11}

// form is a form body whose keys are nested as PHP does it, in the order in which they were put. amoCRM's keys come
// in an order too, and receivers with order-dependent parsers exist.
type form struct{ pairs []string }

// put adds values below a key: names and values in turn.
func (f *form) put(below string, namesAndValues ...any) {
	for i := 0; i < len(namesAndValues); i += 2 {
		key, value := fmt.Sprintf("%s[%s]", below, namesAndValues[i]), fmt.Sprint(namesAndValues[i+1])
		f.pairs = append(f.pairs, url.QueryEscape(key)+"="+url.QueryEscape(value))
	}
}

// hookBody is the body of a webhook (amocrm.md §7.3), from what the entity is now. The caller holds the write lock.
func hookBody(a *world.Account, c world.Change) string {
	f, k := &form{}, hookRoot(c)
	b := world.BaseAny(a, c.Entity, c.ID)
	switch {
	case c.Action == "note":
		noteBody(f, k+"[note]", a, c)
	case c.Entity == "tasks" && a.Tasks[c.ID] != nil:
		taskBody(f, k, a, a.Tasks[c.ID])
	case c.Action == "delete" || b == nil:
		f.put(k, "id", c.ID)
	case c.Entity == "leads":
		leadBody(f, k, a, a.Leads[c.ID], c)
	default:
		personBody(f, k, a, b, c)
	}
	f.put("account", "subdomain", a.Subdomain, "id", a.ID)
	f.put("account[_links]", "self", "http://"+a.Host)
	return strings.Join(f.pairs, "&")
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

func leadBody(f *form, k string, a *world.Account, l *world.Lead, c world.Change) {
	f.put(k, "id", l.ID, "name", l.Name, "status_id", l.StatusID)
	if c.OldStatus != 0 {
		f.put(k, "old_status_id", c.OldStatus)
	}
	f.put(k, "price", l.Price)
	if a.Cents {
		f.put(k, "price_with_minor_units", strconv.FormatFloat(l.Sale(), 'f', -1, 64))
	}
	responsibleBody(f, k, &l.Base, c)
	f.put(k, "last_modified", l.UpdatedAt, "modified_user_id", l.UpdatedBy, "created_user_id", l.CreatedBy,
		"date_create", l.CreatedAt, "pipeline_id", l.PipelineID)
	if c.OldPipeline != 0 && c.OldPipeline != l.PipelineID {
		f.put(k, "old_pipeline_id", c.OldPipeline)
	}
	tagsBody(f, k, a, "leads", l.Tags)
	f.put(k, "account_id", a.ID)
	fieldsBody(f, k, a, "leads", l.Fields)
}

// personBody is a contact or a company.
func personBody(f *form, k string, a *world.Account, b *world.Base, c world.Change) {
	f.put(k, "id", b.ID, "name", b.Name)
	responsibleBody(f, k, b, c)
	f.put(k, "date_create", b.CreatedAt, "last_modified", b.UpdatedAt, "created_user_id", b.CreatedBy, "modified_user_id", b.UpdatedBy)
	person := c.Entity == "contacts"
	if person {
		if company := a.Companies[a.Contacts[b.ID].CompanyID]; company != nil {
			f.put(k, "company_name", company.Name, "linked_company_id", company.ID)
		}
	}
	tagsBody(f, k, a, c.Entity, b.Tags)
	f.put(k, "account_id", a.ID)
	fieldsBody(f, k, a, c.Entity, b.Fields)
	var leads []int64
	for id, l := range a.Leads {
		if !l.Deleted && (person && slices.ContainsFunc(l.Contacts, func(lc world.LeadContact) bool { return lc.ID == b.ID }) ||
			!person && l.CompanyID == b.ID) {
			leads = append(leads, id)
		}
	}
	slices.Sort(leads)
	for _, id := range leads {
		f.put(fmt.Sprintf("%s[linked_leads_id][%d]", k, id), "ID", id)
	}
	f.put(k, "created_at", b.CreatedAt, "updated_at", b.UpdatedAt, "type", world.Singular(c.Entity))
}

func responsibleBody(f *form, k string, b *world.Base, c world.Change) {
	f.put(k, "responsible_user_id", b.Responsible)
	if c.OldResponsible != 0 {
		f.put(k, "old_responsible_user_id", c.OldResponsible)
	}
}

func tagsBody(f *form, k string, a *world.Account, entity string, ids []int64) {
	n := 0
	for _, t := range a.Tags[entity] {
		if slices.Contains(ids, t.ID) {
			f.put(fmt.Sprintf("%s[tags][%d]", k, n), "id", t.ID, "name", t.Name)
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
		f.put(fk, "id", def.ID, "name", def.Name)
		if def.Code != "" {
			f.put(fk, "code", def.Code)
		}
		for j, v := range fv.Values {
			value := world.PHPString(v["value"])
			if def.Type == "date" || def.Type == "date_time" || def.Type == "birthday" {
				f.put(fk+"[values]", strconv.Itoa(j), value)
				continue
			}
			vk := fmt.Sprintf("%s[values][%d]", fk, j)
			f.put(vk, "value", value)
			if enum, ok := v["enum_id"]; ok && enum != nil {
				f.put(vk, "enum", world.PHPString(enum))
			}
		}
	}
}

// taskBody has the old names and dates as text in the account's zone.
func taskBody(f *form, k string, a *world.Account, t *world.Task) {
	f.put(k, "id", t.ID)
	if n := elementType[t.Entity]; n != 0 {
		f.put(k, "element_id", t.EntityID, "element_type", n)
	}
	f.put(k, "task_type", t.Type, "date_create", world.WallClock(a, t.CreatedAt), "text", t.Text, "status", world.PHPString(t.Completed),
		"account_id", a.ID, "created_user_id", t.CreatedBy, "last_modified", world.WallClock(a, t.UpdatedAt),
		"responsible_user_id", t.Responsible, "complete_till", world.WallClock(a, t.CompleteTill))
	if t.Completed {
		f.put(k, "action_close", 1)
		if t.Result != "" {
			f.put(k+"[result]", "id", t.ID, "text", t.Result)
		}
	}
}

// noteBody names the note twice, as amoCRM does.
func noteBody(f *form, k string, a *world.Account, c world.Change) {
	n := a.Notes[c.NoteID]
	if n == nil {
		f.put(k, "id", c.NoteID)
		return
	}
	f.put(k, "id", n.ID, "note_type", cmp.Or(noteNumber[n.Type], noteNumber["common"]), "element_type", elementType[n.Entity],
		"element_id", n.EntityID, "created_by", n.CreatedBy, "date_create", world.WallClock(a, n.CreatedAt),
		"text", world.PHPString(n.Params["text"]), "metadata", world.PHPString(n.Params), "account_id", a.ID)
}

// Changed counts a change and hands it to the webhook deliveries. The caller holds the write lock: the bodies are
// built from what the entity is at this moment, nothing is sent here.
func (c *Courier) Changed(w *world.World, a *world.Account, ch world.Change) {
	c.stats.Made(a.Host, ch)
	setting := ch.Action + "_" + world.Singular(ch.Entity) // such as status_lead
	for _, h := range a.Hooks {
		if !h.Disabled && slices.Contains(h.Settings, setting) {
			c.Send(newHookDelivery(w.Epoch, a, h, hookBody(a, ch)))
		}
	}
}
