package amocrm

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// Unsorted is an incoming lead.
type Unsorted struct {
	UID        string
	Category   string
	SourceUID  string
	SourceName string
	PipelineID int64
	CreatedAt  int64
	Metadata   json.RawMessage
	LeadID     int64
	ContactID  int64
	Outcome    string // accepted or declined; empty while it waits
	SettledAt  int64
}

func newUID() string {
	var b [30]byte
	rand.Read(b[:]) // crypto/rand ends the program rather than fail
	return hex.EncodeToString(b[:])
}

func (s unsorted) routes() []route {
	return []route{
		{"GET", "/leads/unsorted", s.listUnsorted},
		{"GET", "/leads/unsorted/summary", s.summariseUnsorted},
		{"GET", "/leads/unsorted/{uid}", s.getUnsorted},
		{"POST", "/leads/unsorted/forms", s.createUnsorted("forms")},
		{"POST", "/leads/unsorted/sip", s.createUnsorted("sip")},
		{"POST", "/leads/unsorted/{uid}/accept", s.acceptUnsorted},
		{"DELETE", "/leads/unsorted/{uid}/decline", s.declineUnsorted},
		{"POST", "/leads/unsorted/{uid}/link", s.linkUnsorted},
	}
}

// listUnsorted answers GET /leads/unsorted with filter[uid], [category] and [pipeline_id].
func (s unsorted) listUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	p, ok := readPage(w, r, defaultLimit, maxLimit)
	if !ok {
		return
	}
	f := filters{r.URL.Query()}
	var items []obj
	var more bool
	s.state.Read(func(*World) {
		var all []*Unsorted
		for _, uid := range slices.Sorted(maps.Keys(c.account.Unsorted)) {
			if u := c.account.Unsorted[uid]; f.oneOf("uid", uid) && f.oneOf("category", u.Category) && f.id("pipeline_id", u.PipelineID) {
				all = append(all, u)
			}
		}
		_, desc := ordering(r.URL.Query(), "created_at", "updated_at")
		sortBy(all, desc, func(u *Unsorted) (int64, int64) { return u.CreatedAt, u.LeadID })
		var part []*Unsorted
		part, more = slicePage(all, p)
		for _, u := range part {
			items = append(items, renderUnsorted(r, c.account, u))
		}
	})
	answerPage(w, r, p, "unsorted", items, more)
}

// getUnsorted answers GET /leads/unsorted/{uid}.
func (s unsorted) getUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	var o obj
	s.state.Read(func(*World) {
		if u := c.account.Unsorted[r.PathValue("uid")]; u != nil {
			o = renderUnsorted(r, c.account, u)
		}
	})
	if o == nil {
		notFound(w, "Unsorted")
		return
	}
	writeHAL(w, http.StatusOK, o)
}

// summariseUnsorted answers GET /leads/unsorted/summary: what waits, by category, and what became of the rest.
func (s unsorted) summariseUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	f := filters{r.URL.Query()}
	counts, outcomes := map[string]int{}, map[string]int{}
	var total, settled int
	var waited int64
	takes := func(u *Unsorted) bool {
		return f.oneOf("uid", u.UID) && f.id("pipeline_id", u.PipelineID) && f.between("created_at", u.CreatedAt)
	}
	s.state.Read(func(*World) {
		for _, u := range c.account.Unsorted {
			if takes(u) {
				counts[u.Category]++
				total++
			}
		}
		for _, u := range c.account.Settled {
			if takes(u) {
				outcomes[u.Outcome]++
				settled++
				waited += max(0, u.SettledAt-u.CreatedAt)
			}
		}
	})
	categories := obj{}
	for _, name := range unsortedCategories {
		categories[name] = obj{"total": counts[name]}
	}
	writeHAL(w, http.StatusOK, obj{
		"total": total, "accepted": outcomes[outcomeAccepted], "declined": outcomes[outcomeDeclined],
		"average_sort_time": waited / max(1, int64(settled)), "categories": categories,
	})
}

// createUnsorted answers POST /leads/unsorted/forms and /sip.
func (s unsorted) createUnsorted(category string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		var bad refusal
		var out []obj
		s.state.Write(func(world *World) {
			var made []*Unsorted
			made, bad = s.editor.writer(world, c.account, c.user).addUnsorted(category, items)
			for i, u := range made {
				o := renderUnsorted(r, c.account, u)
				rid, _ := requestID(items[i], i)
				out = append(out, obj{
					"uid": u.UID, "account_id": c.account.ID, "request_id": rid, "_links": o["_links"], "_embedded": o["_embedded"],
				})
			}
		})
		if bad.any() {
			bad.write(w)
			return
		}
		writeHAL(w, http.StatusOK, obj{"_total_items": len(out), "_embedded": obj{"unsorted": out}})
	}
}

// addUnsorted makes incoming leads, all or none.
func (x writer) addUnsorted(category string, items []obj) (made []*Unsorted, bad refusal) {
	var drafts []*draft
	for i, m := range items {
		drafts = append(drafts, bad.unsortedDraft(x.a, m, i))
	}
	if bad.any() {
		return nil, bad
	}
	for i, d := range drafts {
		x.createNested(d)
		made = append(made, x.recordUnsorted(x.create("leads", d), category, d, items[i]))
	}
	return made, bad
}

// unsortedDraft checks an incoming lead; names in it may be numbers (EX unsorted-forms-create-request.json).
func (f *refusal) unsortedDraft(a *Account, m obj, index int) *draft {
	v := newCheck(a)
	for _, key := range []string{"source_uid", "source_name"} {
		v.required(m, key)
	}
	if v.object(m, "metadata") == nil && !v.failed() {
		v.missing("metadata")
	}
	d := &draft{}
	v.embedded(m, "leads", func(at check, el obj, i int) {
		if i == 0 {
			d = at.readLead(withTextNames(el), nil)
		}
	})
	if lead := v.under("_embedded").object(v.object(m, "_embedded"), "lead"); lead != nil { // the official library's name of it
		d = v.under("_embedded.lead").readLead(withTextNames(lead), nil)
	}
	d.unsorted, d.status = true, nil
	d.requestID, d.sentID = requestID(m, index)
	d.createdAt = v.integer(m, "created_at")
	if d.pipeline = v.integer(m, "pipeline_id"); d.pipeline != nil && pipelineOf(a, *d.pipeline) == nil {
		v.choice("pipeline_id")
	}
	v.embedded(m, "contacts", func(at check, el obj, i int) {
		switch {
		case i > 0:
		case el["id"] != nil: // clients send one that is there, too
			if id := at.existing(el, "contacts"); id != 0 {
				d.contacts = []LeadContact{{ID: id, IsMain: true}}
			}
		default:
			d.newContact = at.readDraft("contacts", withTextNames(el))
		}
	})
	v.embedded(m, "companies", func(at check, el obj, i int) {
		switch {
		case i > 0:
		case el["id"] != nil:
			d.company = at.existing(el, "companies")
		default:
			d.newCompany = at.readDraft("companies", withTextNames(el))
		}
	})
	f.add(d.requestID, *v.errs)
	return d
}

func withTextNames(m obj) obj {
	out := maps.Clone(m)
	for _, key := range []string{"name", "first_name", "last_name"} {
		if n, ok := m[key].(json.Number); ok {
			out[key] = n.String()
		}
	}
	return out
}

// renderUnsorted is an incoming lead as GET answers it (EX unsorted-form-by-uid.json).
func renderUnsorted(r *http.Request, a *Account, u *Unsorted) obj {
	v := view{r: r, a: a}
	company := int64(0)
	if l := a.Leads[u.LeadID]; l != nil {
		company = l.CompanyID
	}
	return obj{
		"uid": u.UID, "source_uid": nullable(u.SourceUID), "source_name": nullable(u.SourceName), "category": u.Category,
		"pipeline_id": u.PipelineID, "created_at": u.CreatedAt, "metadata": u.Metadata, "account_id": a.ID,
		"_links": selfLink(apiURL(r, fmt.Sprintf("/leads/unsorted/%s", u.UID))),
		"_embedded": obj{
			"contacts": v.refs("contacts", idList(u.ContactID)), "leads": v.refs("leads", idList(u.LeadID)),
			"companies": v.refs("companies", idList(company)),
		},
	}
}
