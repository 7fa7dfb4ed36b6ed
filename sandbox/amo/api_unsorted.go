package amo

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// recordUnsorted keeps what the incoming lead came with.
func (x writer) recordUnsorted(lead int64, d *draft, m obj) *Unsorted {
	l := x.a.Leads[lead]
	u := &Unsorted{
		UID: newUID(), Category: "forms", PipelineID: l.PipelineID, CreatedAt: l.CreatedAt, LeadID: lead,
		Metadata: json.RawMessage("{}"),
	}
	if len(d.contacts) > 0 {
		u.ContactID = d.contacts[0].ID
	}
	e, _ := m["_embedded"].(obj)
	meta, ok := m["metadata"].(obj)
	if !ok {
		meta, _ = e["metadata"].(obj)
	}
	if category, ok := meta["category"].(string); ok {
		u.Category = category
	}
	u.SourceUID, _ = m["source_uid"].(string)
	u.SourceName, _ = m["source_name"].(string)
	if raw, err := json.Marshal(meta); err == nil && meta != nil {
		u.Metadata = raw
	}
	x.a.Unsorted[u.UID] = u
	return u
}

func newUID() string {
	var b [30]byte
	rand.Read(b[:]) // crypto/rand ends the program rather than fail
	return hex.EncodeToString(b[:])
}

// listUnsorted answers GET /leads/unsorted with filter[uid], [category] and [pipeline_id].
func (s *Server) listUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	p, ok := readPage(w, r, defaultLimit, maxLimit)
	if !ok {
		return
	}
	f := filters{r.URL.Query()}
	var items []obj
	var more bool
	s.read(func(*World) {
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
func (s *Server) getUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	var o obj
	s.read(func(*World) {
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

// summariseUnsorted answers GET /leads/unsorted/summary. What was accepted or declined is not remembered.
func (s *Server) summariseUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	f := filters{r.URL.Query()}
	counts := map[string]int{}
	total := 0
	s.read(func(*World) {
		for uid, u := range c.account.Unsorted {
			if f.oneOf("uid", uid) && f.id("pipeline_id", u.PipelineID) && f.between("created_at", u.CreatedAt) {
				counts[u.Category]++
				total++
			}
		}
	})
	categories := obj{}
	for _, name := range []string{"sip", "mail", "forms", "chats"} {
		categories[name] = obj{"total": counts[name]}
	}
	writeHAL(w, http.StatusOK, obj{
		"total": total, "accepted": 0, "declined": 0, "average_sort_time": 0, "categories": categories,
	})
}

// createUnsorted answers POST /leads/unsorted/forms and /sip.
func (s *Server) createUnsorted(category string) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		items, ok := readBatch(w, r, maxWrite)
		if !ok {
			return
		}
		var bad refusal
		var out []obj
		s.write(func(world *World) {
			var drafts []*draft
			for i, m := range items {
				drafts = append(drafts, bad.unsortedDraft(c.account, m, i))
			}
			if bad.any() {
				return
			}
			x := s.writer(world, c)
			for i, d := range drafts {
				x.createNested(d)
				u := x.recordUnsorted(x.create("leads", d), d, items[i])
				u.Category = category
				o := renderUnsorted(r, c.account, u)
				out = append(out, obj{
					"uid": u.UID, "account_id": c.account.ID, "request_id": d.requestID, "_links": o["_links"],
					"_embedded": o["_embedded"],
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

// acceptUnsorted answers POST /leads/unsorted/{uid}/accept: the lead moves to a normal stage.
func (s *Server) acceptUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	var m obj
	if r.ContentLength != 0 { // both parameters are optional, and so is the body
		v, ok := readBody(w, r)
		if !ok {
			return
		}
		m, _ = v.(obj)
	}
	s.settle(w, r, c, func(v check, u *Unsorted) *draft {
		first := firstStatus(pipelineOf(c.account, u.PipelineID)).ID
		d := &draft{id: u.LeadID, pipeline: &u.PipelineID, responsible: v.user(m, "user_id"), status: v.integer(m, "status_id")}
		if d.status == nil {
			d.status = &first
		}
		v.stage(d, c.account.Leads[u.LeadID])
		return d
	}, true)
}

// declineUnsorted answers DELETE /leads/unsorted/{uid}/decline: the lead goes to the bin.
func (s *Server) declineUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	s.settle(w, r, c, func(check, *Unsorted) *draft { return nil }, false)
}

// linkUnsorted answers POST /leads/unsorted/{uid}/link. amoCRM takes it for chats only, and no chat ever waits here.
func (s *Server) linkUnsorted(w http.ResponseWriter, r *http.Request, c caller) {
	if _, ok := readObject(w, r); !ok {
		return
	}
	found := false
	s.read(func(*World) { found = c.account.Unsorted[r.PathValue("uid")] != nil })
	if !found {
		notFound(w, "Unsorted")
		return
	}
	badRequest(w, "Only unsorted leads of the category chats can be linked")
}

// settle ends an incoming lead's wait: plan says what becomes of the lead, nil drops it.
func (s *Server) settle(w http.ResponseWriter, r *http.Request, c caller, plan func(check, *Unsorted) *draft, withCompanies bool) {
	var bad refusal
	var o obj
	s.write(func(world *World) {
		u := c.account.Unsorted[r.PathValue("uid")]
		if u == nil {
			return
		}
		v := newCheck(c.account)
		d := plan(v, u)
		if bad.add("0", *v.errs); bad.any() {
			return
		}
		full := renderUnsorted(r, c.account, u)
		e := full["_embedded"].(obj)
		if !withCompanies {
			delete(e, "companies")
		}
		o = obj{"uid": u.UID, "pipeline_id": u.PipelineID, "category": u.Category, "created_at": u.CreatedAt, "_embedded": e}
		x := s.writer(world, c)
		delete(c.account.Unsorted, u.UID)
		if d != nil {
			x.update("leads", d)
		} else if baseByID(c.account, "leads", u.LeadID) != nil {
			x.bin("leads", u.LeadID)
		}
	})
	switch {
	case bad.any():
		bad.write(w)
	case o == nil:
		notFound(w, "Unsorted")
	default:
		writeHAL(w, http.StatusOK, o)
	}
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
