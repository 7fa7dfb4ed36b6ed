package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/runes"
)

// A mistake that a value carries costs that value and not the lead. It shows itself in three places, and each leaves its
// remarks: when the body is read (Request.Remarks), when the request is compared with the account (plan.remarks), and when
// the CRM refuses what was sent (Steps.Omitted). What is left out is stored before the deal is sent.

// What may be left out of a deal, beside its custom fields, which are named by omittedField.
const (
	omitName        = "name"
	omitPrice       = "price"
	omitStatus      = "status_id"
	omitPipeline    = "pipeline_id"
	omitResponsible = "responsible_user_id"
	omitTags        = "tags"
	omitCompany     = "company"
	omitComment     = "comment"
	omitTask        = "task"
	omitTaskUser    = "task.responsible_user_id"
	omitRemarks     = "remarks"
)

// Omission is something that the CRM refused and that is not sent again.
type Omission struct {
	What   string  `json:"what"`
	Remark Problem `json:"remark"`
}

func omittedField(f amocrm.FieldInput, of string) string {
	if f.FieldID != 0 {
		return of + ":" + strconv.FormatInt(int64(f.FieldID), 10)
	}
	return of + ":" + f.FieldCode
}

// Fields of the two entities that a deal is sent with.
const (
	ofLead    = "field"
	ofContact = "contact field"
)

func (s *Steps) omits(what string) bool {
	return slices.ContainsFunc(s.Omitted, func(o Omission) bool { return o.What == what })
}

// omit notes that something is not sent; false: it was noted before.
func (s *Steps) omit(what string, remark Problem) bool {
	if s.omits(what) {
		return false
	}
	s.Omitted = append(s.Omitted, Omission{what, remark})
	return true
}

// remark keeps what is left out of the deal that is about to be made.
func (j *job) remark() {
	st := &j.e.Steps
	st.Remarks = j.plan.remarks
	for _, o := range st.Omitted {
		st.Remarks = merged(st.Remarks, []Problem{o.Remark})
	}
}

// without takes out of a plan what the CRM has refused.
func (p plan) without(st Steps) plan {
	for what, clear := range map[string]func(){
		omitName:        func() { p.lead.Name = "" },
		omitPrice:       func() { p.lead.Price = "" },
		omitStatus:      func() { p.lead.StatusID = 0 },
		omitPipeline:    func() { p.lead.PipelineID, p.lead.StatusID = 0, 0 },
		omitResponsible: func() { p.lead.ResponsibleID = 0 },
		omitTags:        func() { p.lead.TagsToAdd = nil },
		omitCompany:     func() { p.company = "" },
		omitComment:     func() { p.comment = "" },
		omitTask:        func() { p.task = nil },
	} {
		if st.omits(what) {
			clear()
		}
	}
	fields, from := p.lead.Fields, p.from
	p.lead.Fields, p.from = nil, nil
	for i, f := range fields {
		if !st.omits(omittedField(f, ofLead)) {
			p.lead.Fields, p.from = append(p.lead.Fields, f), append(p.from, from[i])
		}
	}
	return p
}

// withoutFields leaves out the custom fields that the CRM has refused.
func (s *Steps) withoutFields(fields []amocrm.FieldInput, of string) []amocrm.FieldInput {
	return slices.DeleteFunc(slices.Clone(fields), func(f amocrm.FieldInput) bool { return s.omits(omittedField(f, of)) })
}

// leaveOut takes out of the job's deal what the CRM has refused, and reports whether the deal is worth another try. The
// account's vocabulary is read anew first: it knows which choice of a list is gone, and what could be said instead.
func (j *job) leaveOut(ctx context.Context, err error) bool {
	var e *amocrm.Error
	if j.e.Request.Strict || !errors.As(err, &e) {
		return false
	}
	st := &j.e.Steps
	if !st.Judged {
		st.Judged = true
		before := len(j.plan.remarks)
		if err := j.renew(ctx); err != nil {
			j.fail(ctx, err)
			return true
		}
		j.work(ctx, j.haul)
		if len(j.plan.remarks) > before || j.ended() {
			return true
		}
	}
	progress := false
	for _, v := range e.Validation {
		what, remark := j.refusedPart(v)
		progress = what != "" && st.omit(what, remark) || progress
	}
	if progress {
		j.work(ctx, j.haul)
	}
	return progress
}

// bare leaves all out that a deal can do without, once: the CRM has not named what it refuses.
func (j *job) bare(ctx context.Context, err error) bool {
	var e *amocrm.Error
	if j.e.Request.Strict || !errors.As(err, &e) || len(e.Validation) > 0 {
		return false
	}
	st, progress := &j.e.Steps, false
	because := func(path, given string) Problem {
		return problem(path, CodeRefused, "refused_unnamed", "Reason", strings.TrimSpace(e.Title+" "+e.Detail)).remark(given)
	}
	lead := j.sent
	for _, x := range []struct {
		what, path, given string
		there             bool
	}{
		{omitPipeline, "fields.pipeline_id", fmt.Sprint(lead.PipelineID), lead.PipelineID != 0},
		{omitStatus, "fields.status_id", fmt.Sprint(lead.StatusID), lead.StatusID != 0},
		{omitResponsible, "fields.responsible_user_id", fmt.Sprint(lead.ResponsibleID), lead.ResponsibleID != 0},
		{omitTags, "tags", tagNames(lead.TagsToAdd), len(lead.TagsToAdd) > 0},
		{omitCompany, "company", j.plan.company, lead.Embedded != nil && len(lead.Embedded.Companies) > 0},
	} {
		progress = x.there && st.omit(x.what, because(x.path, x.given)) || progress
	}
	for i, f := range lead.Fields {
		path := j.plan.from.path("custom_fields_values." + strconv.Itoa(i))
		progress = st.omit(omittedField(f, ofLead), because(path, fieldGiven(f))) || progress
	}
	if progress {
		j.work(ctx, j.haul)
	}
	return progress
}

// refusedPart finds what a complaint of the CRM is about, "" when the deal can't do without it or it is not known.
func (j *job) refusedPart(v amocrm.FieldError) (what string, remark Problem) {
	p := Problem{Path: j.plan.from.path(v.Path), Code: v.Code, Detail: v.Detail}
	path, of, fields := v.Path, ofLead, j.sent.Fields
	if rest, ok := strings.CutPrefix(path, "_embedded.contacts.0."); ok {
		path, of, fields = rest, ofContact, nil
		if e := j.sent.Embedded; e != nil && len(e.Contacts) > 0 {
			fields = e.Contacts[0].Fields
		}
	}
	first, rest, _ := strings.Cut(path, ".")
	if first == "custom_fields_values" {
		index, _, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(index)
		if err != nil || i < 0 || i >= len(fields) {
			return "", Problem{}
		}
		if f, known := j.fieldOf(fields[i], of); known {
			p.Detail = fmt.Sprintf("field %q: %s", runes.Shorten(f.Name, maxPlain), p.Detail)
		}
		return omittedField(fields[i], of), p.remark(fieldGiven(fields[i]))
	}
	if of == ofContact {
		return "", Problem{}
	}
	lead := j.sent
	switch {
	case first == omitName && lead.Name != "":
		return omitName, p.remark(lead.Name)
	case first == omitPrice && lead.Price != "":
		return omitPrice, p.remark(lead.Price.String())
	case first == omitStatus && lead.StatusID != 0:
		return omitStatus, p.remark(fmt.Sprint(lead.StatusID))
	case first == omitPipeline && lead.PipelineID != 0:
		return omitPipeline, p.remark(fmt.Sprint(lead.PipelineID))
	case first == omitResponsible && lead.ResponsibleID != 0:
		return omitResponsible, p.remark(fmt.Sprint(lead.ResponsibleID))
	case first == "tags_to_add", strings.HasPrefix(path, "_embedded.tags"):
		p.Path = "tags"
		return omitTags, p.remark(tagNames(lead.TagsToAdd))
	case strings.HasPrefix(path, "_embedded.companies"):
		p.Path = "company"
		return omitCompany, p.remark(j.plan.company)
	}
	return "", Problem{}
}

func (j *job) fieldOf(in amocrm.FieldInput, of string) (amocrm.Field, bool) {
	known := j.meta.LeadFields
	if of == ofContact {
		known = j.meta.ContactFields
	}
	i := slices.IndexFunc(known, func(f amocrm.Field) bool {
		return in.FieldID != 0 && f.ID == in.FieldID || in.FieldID == 0 && strings.EqualFold(f.Code, in.FieldCode)
	})
	if i < 0 {
		return amocrm.Field{}, false
	}
	return known[i], true
}

// justRead is how old a vocabulary may be that what the CRM has refused is judged by: a rule with a mistake that fires all day
// must not read it anew for each deal.
const justRead = 10 * time.Second

// renew reads the account's vocabulary past the cache unless that was just done.
func (h *haul) renew(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := time.Since(h.meta.At); 0 <= age && age < justRead { // another replica's clock may have been ahead
		return nil
	}
	meta, err := anew(ctx, h.account)
	if err != nil {
		return fmt.Errorf("read the account anew: %w", err)
	}
	h.meta = meta
	return nil
}

func fieldGiven(f amocrm.FieldInput) string {
	var out []string
	for _, v := range f.Values {
		raw, isRaw := v.Value.(json.RawMessage)
		switch {
		case isRaw:
			out = append(out, plainGiven(decodeValue(raw)))
		case v.Value != nil:
			out = append(out, plainGiven(v.Value))
		case v.EnumID != 0:
			out = append(out, strconv.FormatInt(int64(v.EnumID), 10))
		default:
			out = append(out, v.EnumCode)
		}
	}
	return strings.Join(out, ", ")
}

func tagNames(tags []amocrm.TagInput) string {
	names := make([]string, len(tags))
	for i, t := range tags {
		names[i] = t.Name
	}
	return strings.Join(names, ", ")
}

// tooLong is the remark on a text that was cut, if it was.
func tooLong(path, text string, most int) []Problem {
	if len([]rune(text)) <= most {
		return nil
	}
	return []Problem{problem(path, CodeTooLong, "too_long", "Count", strconv.Itoa(most)).remark(text)}
}
