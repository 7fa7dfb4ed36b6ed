package amocrm

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// draft is one checked item of a create or an update; nil pointers mean "not said".
type draft struct {
	id        int64
	requestID string
	sentID    bool // the request_id is the caller's own

	name, first, last                              *string
	responsible, createdBy, updatedBy              *int64
	createdAt, updatedAt                           *int64
	fields                                         []fieldWrite
	tags                                           tagWrite
	price, cents, pipeline, status, loss, closedAt *int64
	clearLoss                                      bool
	contacts                                       []LeadContact
	company                                        int64
	newContact, newCompany                         *draft // of a complex request
	unsorted                                       bool
}

// tagWrite says what happens to an entity's tags: replace them all, or add and remove some.
type tagWrite struct {
	replaced         bool
	set, add, remove []tagRef
}

// tagRef names a tag by id or by name.
type tagRef struct {
	id          int64
	name, color string
}

// readDraft checks what every kind of entity may say.
func readDraft(v check, entity string, m obj) *draft {
	d := &draft{name: v.text(m, "name"), fields: v.fieldValues(entity, m)}
	if entity == "contacts" {
		d.first, d.last = v.text(m, "first_name"), v.text(m, "last_name")
	}
	d.responsible = v.user(m, "responsible_user_id")
	d.createdBy, d.updatedBy = v.user(m, "created_by"), v.user(m, "updated_by")
	d.createdAt, d.updatedAt = v.integer(m, "created_at"), v.integer(m, "updated_at")
	d.tags.add = readTags(v, entity, m, "tags_to_add")
	d.tags.remove = readTags(v, entity, m, "tags_to_delete")
	if e := v.object(m, "_embedded"); e != nil {
		if _, there := e["tags"]; there {
			d.tags.replaced = true
			d.tags.set = readTags(v.under("_embedded"), entity, e, "tags")
		}
	}
	return d
}

// readTags reads a list of {"id":…} or {"name":…}.
func readTags(v check, entity string, m obj, key string) []tagRef {
	var out []tagRef
	for i, raw := range v.list(m, key) {
		path := fmt.Sprintf("%s.%d", key, i)
		el, ok := raw.(obj)
		if !ok {
			v.wrongType(path, "array")
			continue
		}
		at := v.under(path)
		switch {
		case el["id"] != nil:
			id := at.integer(el, "id")
			if id == nil {
				continue
			}
			if tagByID(v.a, entity, *id) == nil {
				at.choice("id")
				continue
			}
			out = append(out, tagRef{id: *id})
		default:
			if name := at.required(el, "name"); name != nil {
				ref := tagRef{name: *name}
				if c := at.text(el, "color"); c != nil {
					ref.color = *c
				}
				out = append(out, ref)
			}
		}
	}
	return out
}

// readLead checks what a lead may say beyond that. old is the lead before an update, nil on a create.
func readLead(v check, m obj, old *Lead) *draft {
	d := readDraft(v, "leads", m)
	d.price, d.cents = readAmount(v, m, "price")
	d.pipeline, d.status = v.integer(m, "pipeline_id"), v.integer(m, "status_id")
	d.loss, d.closedAt = v.integer(m, "loss_reason_id"), v.integer(m, "closed_at")
	d.clearLoss = isNull(m, "loss_reason_id") || d.loss != nil && *d.loss == 0
	readStage(v, d, old)
	if d.loss != nil && *d.loss != 0 && lossReasonOf(v.a, *d.loss) == nil {
		v.choice("loss_reason_id")
	}
	return d
}

// readStage checks the pipeline and the status as the pair that they are. Unsorted is no target.
func readStage(v check, d *draft, old *Lead) {
	if d.pipeline == nil && d.status == nil {
		return
	}
	p := mainPipeline(v.a)
	if old != nil {
		p = pipelineOf(v.a, old.PipelineID)
	}
	if d.pipeline != nil {
		if p = pipelineOf(v.a, *d.pipeline); p == nil || p.Archive {
			v.choice("pipeline_id")
			return
		}
	}
	if d.status == nil {
		return
	}
	if _, st := statusOf(v.a, p.ID, *d.status); st == nil || st.Type == unsortedType {
		v.choice("status_id")
	}
}

// readAmount reads a price: an int, or a number with a fraction, which is cut off where the account keeps no cents.
func readAmount(v check, m obj, key string) (whole, cents *int64) {
	if n, ok := m[key].(interface{ Float64() (float64, error) }); ok {
		if f, err := n.Float64(); err == nil && f > -1<<46 && f < 1<<46 {
			all := int64(math.Round(f * 100))
			if !v.a.Cents {
				all = int64(f) * 100
			}
			whole, rest := all/100, all%100
			return &whole, &rest
		}
	}
	return v.integer(m, key), new(int64)
}

// readLinks reads the contacts and the company that a new lead is born with.
func readLinks(v check, m obj, d *draft) {
	v.embedded(m, "contacts", func(at check, el obj, i int) {
		if id := at.existing(el, "contacts"); id != 0 {
			isMain := at.boolean(el, "is_main")
			d.contacts = append(d.contacts, LeadContact{ID: id, IsMain: isMain != nil && *isMain})
		}
	})
	v.embedded(m, "companies", func(at check, el obj, i int) {
		if i > 0 {
			at.notExpected("id")
			return
		}
		d.company = at.existing(el, "companies")
	})
	d.contacts = withMain(d.contacts)
}

// withMain makes sure that exactly one contact is the main one: the last that says so, else the first.
func withMain(list []LeadContact) []LeadContact {
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
func (d *draft) fullName(old *Contact) *string {
	if d.name != nil || d.first == nil && d.last == nil {
		return d.name
	}
	var first, last string
	if old != nil {
		first, last = old.FirstName, old.LastName
	}
	name := strings.TrimSpace(or(d.first, first) + " " + or(d.last, last))
	return &name
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func isNull(m obj, key string) bool {
	raw, there := m[key]
	return there && raw == nil
}
