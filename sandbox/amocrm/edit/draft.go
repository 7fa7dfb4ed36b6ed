package edit

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Draft is one checked item of a create or an update; nil pointers mean "not said".
type Draft struct {
	ID        int64
	RequestID string
	SentID    bool // the request_id is the caller's own

	Name, first, last                              *string
	Responsible, CreatedBy, UpdatedBy              *int64
	CreatedAt, UpdatedAt                           *int64
	Fields                                         []fieldWrite
	tags                                           tagWrite
	price, cents, Pipeline, Status, loss, closedAt *int64
	clearLoss                                      bool
	Contacts                                       []world.LeadContact
	Company                                        int64
	NewContact, NewCompany                         *Draft // of a complex request
	category                                       string // of an incoming lead, with the item that it came in
	sent                                           obj
}

// tagWrite says what happens to an entity's tags: replace them all, or add and remove some.
type tagWrite struct {
	replaced         bool
	set, add, remove []TagRef
}

// TagRef names a tag by id or by name.
type TagRef struct {
	id          int64
	Name, Color string
}

// ReadDraft checks what every kind of entity may say.
func ReadDraft(v Check, entity string, m obj) *Draft {
	d := &Draft{Name: v.Text(m, "name"), Fields: v.FieldValues(entity, m)}
	if entity == "contacts" {
		d.first, d.last = v.Text(m, "first_name"), v.Text(m, "last_name")
	}
	d.Responsible = v.User(m, "responsible_user_id")
	d.CreatedBy, d.UpdatedBy = v.User(m, "created_by"), v.User(m, "updated_by")
	d.CreatedAt, d.UpdatedAt = v.Integer(m, "created_at"), v.Integer(m, "updated_at")
	d.tags.add = readTags(v, entity, m, "tags_to_add")
	d.tags.remove = readTags(v, entity, m, "tags_to_delete")
	if e := v.Object(m, "_embedded"); e != nil {
		if _, there := e["tags"]; there {
			d.tags.replaced = true
			d.tags.set = readTags(v.Under("_embedded"), entity, e, "tags")
		}
	}
	return d
}

// readTags reads a list of {"id":…} or {"name":…}.
func readTags(v Check, entity string, m obj, key string) []TagRef {
	var out []TagRef
	v.Objects(m, key, func(at Check, el obj, _ int) {
		if el["id"] != nil {
			if t := Known(at, el, "id", func(id int64) *world.Tag { return world.TagByID(v.A, entity, id) }); t != nil {
				out = append(out, TagRef{id: t.ID})
			}
		} else if name := at.Required(el, "name"); name != nil {
			out = append(out, TagRef{Name: *name, Color: Or(at.Text(el, "color"), "")})
		}
	})
	return out
}

// CardDraft reads an item of an update, or of a create where id is 0.
func (v Check) CardDraft(entity string, m obj, index int, id int64) *Draft {
	var d *Draft
	if entity == "leads" {
		d = readLead(v, m, v.A.Leads[id])
	} else {
		d = ReadDraft(v, entity, m)
	}
	if entity == "leads" && id == 0 {
		readLinks(v, m, d)
	}
	d.ID = id
	d.RequestID, d.SentID = api.RequestID(m, index)
	v.checkLossReason(d)
	return d
}

// checkLossReason refuses a loss reason on a lead that will not stand in 143 (amocrm.md §5.4), if nothing else is wrong.
func (v Check) checkLossReason(d *Draft) {
	if d.loss == nil || *d.loss == 0 || v.Failed() {
		return
	}
	status, key := Or(d.Status, 0), d.RequestID
	if l := v.A.Leads[d.ID]; l != nil {
		_, status = d.target(v.A, l)
		key = strconv.FormatInt(l.ID, 10)
	}
	if status != world.StatusLost {
		*v.misplaced = key
	}
}

// readLead checks what a lead may say beyond that. old is the lead before an update, nil on a create.
func readLead(v Check, m obj, old *world.Lead) *Draft {
	d := ReadDraft(v, "leads", m)
	d.price, d.cents = readAmount(v, m, "price")
	d.Pipeline, d.Status = v.Integer(m, "pipeline_id"), v.Integer(m, "status_id")
	d.loss, d.closedAt = v.Integer(m, "loss_reason_id"), v.Integer(m, "closed_at")
	raw, said := m["loss_reason_id"]
	d.clearLoss = said && raw == nil || d.loss != nil && *d.loss == 0
	ReadStage(v, d, old)
	if d.loss != nil && *d.loss != 0 && world.LossReasonOf(v.A, *d.loss) == nil {
		v.Choice("loss_reason_id")
	}
	return d
}

// ReadStage checks the pipeline and the status as the pair that they are. Unsorted is no target.
func ReadStage(v Check, d *Draft, old *world.Lead) {
	if d.Pipeline == nil && d.Status == nil {
		return
	}
	p := world.MainPipeline(v.A)
	if old != nil {
		p = world.PipelineOf(v.A, old.PipelineID)
	}
	if d.Pipeline != nil {
		if p = world.PipelineOf(v.A, *d.Pipeline); p == nil || p.Archive {
			v.Choice("pipeline_id")
			return
		}
	}
	if d.Status == nil {
		return
	}
	if _, st := world.StatusOf(v.A, p.ID, *d.Status); st == nil || st.Type == world.UnsortedType {
		v.Choice("status_id")
	}
}

// readAmount reads a price: an int, or a number with a fraction, which is cut off where the account keeps no cents.
func readAmount(v Check, m obj, key string) (whole, cents *int64) {
	if n, ok := m[key].(interface{ Float64() (float64, error) }); ok {
		if f, err := n.Float64(); err == nil && f > -1<<46 && f < 1<<46 {
			all := int64(math.Round(f * 100))
			if !v.A.Cents {
				all = int64(f) * 100
			}
			whole, rest := all/100, all%100
			return &whole, &rest
		}
	}
	return v.Integer(m, key), new(int64)
}

// readLinks reads the contacts and the company that a new lead is born with.
func readLinks(v Check, m obj, d *Draft) {
	v.Embedded(m, "contacts", func(at Check, el obj, i int) {
		if id := at.Existing(el, "id", "contacts"); id != 0 {
			d.Contacts = append(d.Contacts, world.LeadContact{ID: id, IsMain: Or(at.Boolean(el, "is_main"), false)})
		}
	})
	v.Embedded(m, "companies", func(at Check, el obj, i int) {
		if i > 0 {
			at.NotExpected("id")
			return
		}
		d.Company = at.Existing(el, "id", "companies")
	})
	d.Contacts = withMain(d.Contacts)
}

// withMain makes sure that exactly one contact is the main one: the last that says so, else the first.
func withMain(list []world.LeadContact) []world.LeadContact {
	if len(list) == 0 {
		return nil
	}
	main := 0
	for i, c := range list {
		if c.IsMain {
			main = i
		}
	}
	out := slices.Clone(list)
	for i := range out {
		out[i].IsMain = i == main
	}
	return out
}

// fullName is the contact's name, made of its parts when only they were sent.
func (d *Draft) fullName(old *world.Contact) *string {
	if d.Name != nil || d.first == nil && d.last == nil {
		return d.Name
	}
	var first, last string
	if old != nil {
		first, last = old.FirstName, old.LastName
	}
	name := strings.TrimSpace(Or(d.first, first) + " " + Or(d.last, last))
	return &name
}

// Or returns what was said, or otherwise.
func Or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// ComplexDraft reads a lead with what is nested in it.
func (v Check) ComplexDraft(m obj, index int) *Draft {
	lead := m
	e, _ := m["_embedded"].(obj)
	meta, _ := e["metadata"].(obj)
	category, _ := meta["category"].(string)
	if category == "sip" || category == "forms" { // an incoming lead, whose status amoCRM ignores
		lead = maps.Clone(m)
		delete(lead, "status_id")
	} else {
		category = ""
	}
	d := readLead(v, lead, nil)
	d.RequestID, d.SentID = api.RequestID(m, index)
	d.category, d.sent = category, m
	limitValues(v, m)
	readNested(v, m, "contacts", func(n *Draft, id int64) {
		if id != 0 {
			d.Contacts = []world.LeadContact{{ID: id, IsMain: true}}
		}
		d.NewContact = n
	})
	readNested(v, m, "companies", func(n *Draft, id int64) { d.Company, d.NewCompany = id, n })
	v.checkLossReason(d)
	return d
}

// limitValues refuses the custom values above maxValues.
func limitValues(v Check, m obj) {
	if list, ok := api.AsList(m["custom_fields_values"]); ok && len(list) > maxValues {
		v.NotExpected("custom_fields_values.40")
	}
}

// readNested reads the one contact or company of a complex lead: an existing id, or a new one to make.
func readNested(v Check, m obj, kind string, take func(made *Draft, id int64)) {
	v.Embedded(m, kind, func(at Check, el obj, i int) {
		if i > 0 {
			at.NotExpected("id")
			return
		}
		if el["id"] != nil {
			take(nil, at.Existing(el, "id", kind))
			return
		}
		limitValues(at, el)
		d := ReadDraft(at, kind, el)
		d.RequestID, d.SentID = api.RequestID(el, i)
		take(d, 0)
	})
}
