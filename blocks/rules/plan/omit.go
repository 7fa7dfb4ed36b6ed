package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/runes"
)

// What may be left out of a deal, beside its custom fields, which are named by FieldKey.
const (
	OmitName        = "name"
	OmitPrice       = "price"
	OmitStatus      = "status_id"
	OmitPipeline    = "pipeline_id"
	OmitResponsible = "responsible_user_id"
	OmitTags        = "tags"
	OmitCompany     = "company"
	OmitComment     = "comment"
	OmitTask        = "task"
	OmitTaskUser    = "task.responsible_user_id"
	OmitRemarks     = "remarks"
)

// Omission is something that the CRM refused and that is not sent again.
type Omission struct {
	What   string          `json:"what"`
	Remark request.Problem `json:"remark"`
}

// FieldKey returns the name of a custom field of one of the two entities that a deal is sent with.
func FieldKey(f amocrm.FieldInput, of string) string {
	if f.FieldID != 0 {
		return of + ":" + strconv.FormatInt(int64(f.FieldID), 10)
	}
	return of + ":" + f.FieldCode
}

// Fields of the two entities that a deal is sent with.
const (
	OfLead    = "field"
	OfContact = "contact field"
)

// Omissions is all that is not sent again.
type Omissions []Omission

// Has reports whether something is left out.
func (o Omissions) Has(what string) bool {
	return slices.ContainsFunc(o, func(x Omission) bool { return x.What == what })
}

// Add leaves something out; false: it was left out before.
func (o *Omissions) Add(what string, remark request.Problem) bool {
	if o.Has(what) {
		return false
	}
	*o = append(*o, Omission{what, remark})
	return true
}

// Without returns the plan without what the CRM has refused.
func (p Plan) Without(o Omissions) Plan {
	for what, clear := range map[string]func(){
		OmitName:        func() { p.Lead.Name = "" },
		OmitPrice:       func() { p.Lead.Price = "" },
		OmitStatus:      func() { p.Lead.StatusID = 0 },
		OmitPipeline:    func() { p.Lead.PipelineID, p.Lead.StatusID = 0, 0 },
		OmitResponsible: func() { p.Lead.ResponsibleID = 0 },
		OmitTags:        func() { p.Lead.TagsToAdd = nil },
		OmitCompany:     func() { p.Company = "" },
		OmitComment:     func() { p.Comment = "" },
		OmitTask:        func() { p.Task = nil },
	} {
		if o.Has(what) {
			clear()
		}
	}
	fields, from := p.Lead.Fields, p.From
	p.Lead.Fields, p.From = nil, nil
	for i, f := range fields {
		if !o.Has(FieldKey(f, OfLead)) {
			p.Lead.Fields, p.From = append(p.Lead.Fields, f), append(p.From, from[i])
		}
	}
	return p
}

// Fields returns custom fields without those that the CRM has refused.
func (o Omissions) Fields(fields []amocrm.FieldInput, of string) []amocrm.FieldInput {
	return slices.DeleteFunc(slices.Clone(fields), func(f amocrm.FieldInput) bool { return o.Has(FieldKey(f, of)) })
}

// Refused returns what a complaint of the CRM about a deal that was sent is about, "" when the deal can't do without it or it is
// not known.
func (p Plan) Refused(lead amocrm.LeadInput, v amocrm.FieldError, meta crm.Meta) (what string, remark request.Problem) {
	found := request.Problem{Path: p.From.Path(v.Path), Code: v.Code, Detail: v.Detail}
	path, of, fields := v.Path, OfLead, lead.Fields
	if rest, ok := strings.CutPrefix(path, "_embedded.contacts.0."); ok {
		path, of, fields = rest, OfContact, nil
		if e := lead.Embedded; e != nil && len(e.Contacts) > 0 {
			fields = e.Contacts[0].Fields
		}
	}
	first, rest, _ := strings.Cut(path, ".")
	if first == "custom_fields_values" {
		index, _, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(index)
		if err != nil || i < 0 || i >= len(fields) {
			return "", request.Problem{}
		}
		if f, ok := known(fields[i], of, meta); ok {
			found.Detail = fmt.Sprintf("field %q: %s", runes.Shorten(f.Name, request.MaxPlain), found.Detail)
		}
		return FieldKey(fields[i], of), found.AsRemark(fieldGiven(fields[i]))
	}
	if of == OfContact {
		return "", request.Problem{}
	}
	switch {
	case first == OmitName && lead.Name != "":
		return OmitName, found.AsRemark(lead.Name)
	case first == OmitPrice && lead.Price != "":
		return OmitPrice, found.AsRemark(lead.Price.String())
	case first == OmitStatus && lead.StatusID != 0:
		return OmitStatus, found.AsRemark(fmt.Sprint(lead.StatusID))
	case first == OmitPipeline && lead.PipelineID != 0:
		return OmitPipeline, found.AsRemark(fmt.Sprint(lead.PipelineID))
	case first == OmitResponsible && lead.ResponsibleID != 0:
		return OmitResponsible, found.AsRemark(fmt.Sprint(lead.ResponsibleID))
	case first == "tags_to_add", strings.HasPrefix(path, "_embedded.tags"):
		found.Path = "tags"
		return OmitTags, found.AsRemark(tagNames(lead.TagsToAdd))
	case strings.HasPrefix(path, "_embedded.companies"):
		found.Path = "company"
		return OmitCompany, found.AsRemark(p.Company)
	}
	return "", request.Problem{}
}

func known(in amocrm.FieldInput, of string, meta crm.Meta) (amocrm.Field, bool) {
	fields := meta.LeadFields
	if of == OfContact {
		fields = meta.ContactFields
	}
	i := slices.IndexFunc(fields, func(f amocrm.Field) bool {
		return in.FieldID != 0 && f.ID == in.FieldID || in.FieldID == 0 && strings.EqualFold(f.Code, in.FieldCode)
	})
	if i < 0 {
		return amocrm.Field{}, false
	}
	return fields[i], true
}

// Dispensable returns all of a deal that was sent that it can do without, for when the CRM does not name what it refuses: reason
// is what it says.
func (p Plan) Dispensable(lead amocrm.LeadInput, reason string) (out Omissions) {
	because := func(path, given string) request.Problem {
		return request.NewProblem(path, request.CodeRefused, "refused_unnamed", "Reason", reason).AsRemark(given)
	}
	for _, x := range []struct {
		what, path, given string
		there             bool
	}{
		{OmitPipeline, "fields.pipeline_id", fmt.Sprint(lead.PipelineID), lead.PipelineID != 0},
		{OmitStatus, "fields.status_id", fmt.Sprint(lead.StatusID), lead.StatusID != 0},
		{OmitResponsible, "fields.responsible_user_id", fmt.Sprint(lead.ResponsibleID), lead.ResponsibleID != 0},
		{OmitTags, "tags", tagNames(lead.TagsToAdd), len(lead.TagsToAdd) > 0},
		{OmitCompany, "company", p.Company, lead.Embedded != nil && len(lead.Embedded.Companies) > 0},
	} {
		if x.there {
			out.Add(x.what, because(x.path, x.given))
		}
	}
	for i, f := range lead.Fields {
		out.Add(FieldKey(f, OfLead), because(p.From.Path("custom_fields_values."+strconv.Itoa(i)), fieldGiven(f)))
	}
	return out
}

func fieldGiven(f amocrm.FieldInput) string {
	var out []string
	for _, v := range f.Values {
		raw, isRaw := v.Value.(json.RawMessage)
		switch {
		case isRaw:
			out = append(out, request.ShownValue(decodeValue(raw)))
		case v.Value != nil:
			out = append(out, request.ShownValue(v.Value))
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
func tooLong(path, text string, most int) []request.Problem {
	if len([]rune(text)) <= most {
		return nil
	}
	return []request.Problem{request.NewProblem(path, request.CodeTooLong, "too_long", "Count", strconv.Itoa(most)).AsRemark(text)}
}
