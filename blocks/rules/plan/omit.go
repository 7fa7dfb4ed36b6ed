package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/bulk"
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
func FieldKey(f crm.FieldInput, of string) string {
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
		OmitName:        func() { p.Deal.Name = "" },
		OmitPrice:       func() { p.Deal.Price = "" },
		OmitStatus:      func() { p.Deal.StatusID = 0 },
		OmitPipeline:    func() { p.Deal.PipelineID, p.Deal.StatusID = 0, 0 },
		OmitResponsible: func() { p.Deal.ResponsibleID = 0 },
		OmitTags:        func() { p.Deal.Tags = nil },
		OmitCompany:     func() { p.Company = "" },
		OmitComment:     func() { p.Comment = "" },
		OmitTask:        func() { p.Task = nil },
	} {
		if o.Has(what) {
			clear()
		}
	}
	fields, from := p.Deal.Fields, p.From
	p.Deal.Fields, p.From = nil, nil
	for i, f := range fields {
		if !o.Has(FieldKey(f, OfLead)) {
			p.Deal.Fields, p.From = append(p.Deal.Fields, f), append(p.From, from[i])
		}
	}
	return p
}

// Fields returns custom fields without those that the CRM has refused.
func (o Omissions) Fields(fields []crm.FieldInput, of string) []crm.FieldInput {
	return slices.DeleteFunc(slices.Clone(fields), func(f crm.FieldInput) bool { return o.Has(FieldKey(f, of)) })
}

// Refused returns what a complaint of the CRM about a deal that was sent is about, "" when the deal can't do without it or it is
// not known.
func (p Plan) Refused(deal bulk.Deal, v crm.Mistake, meta crm.Meta) (what string, remark request.Problem) {
	found := request.Problem{Path: p.From.Path(v.Path), Code: v.Code, Detail: v.Detail}
	path, of, fields := v.Path, OfLead, deal.Fields
	if rest, ok := strings.CutPrefix(path, "_embedded.contacts.0."); ok {
		path, of, fields = rest, OfContact, deal.Contact.Fields
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
	case first == OmitName && deal.Name != "":
		return OmitName, found.AsRemark(deal.Name)
	case first == OmitPrice && deal.Price != "":
		return OmitPrice, found.AsRemark(deal.Price.String())
	case first == OmitStatus && deal.StatusID != 0:
		return OmitStatus, found.AsRemark(fmt.Sprint(deal.StatusID))
	case first == OmitPipeline && deal.PipelineID != 0:
		return OmitPipeline, found.AsRemark(fmt.Sprint(deal.PipelineID))
	case first == OmitResponsible && deal.ResponsibleID != 0:
		return OmitResponsible, found.AsRemark(fmt.Sprint(deal.ResponsibleID))
	case first == "tags_to_add", strings.HasPrefix(path, "_embedded.tags"):
		found.Path = "tags"
		return OmitTags, found.AsRemark(strings.Join(deal.Tags, ", "))
	case strings.HasPrefix(path, "_embedded.companies"):
		found.Path = "company"
		return OmitCompany, found.AsRemark(p.Company)
	}
	return "", request.Problem{}
}

func known(in crm.FieldInput, of string, meta crm.Meta) (crm.Field, bool) {
	fields := meta.LeadFields
	if of == OfContact {
		fields = meta.ContactFields
	}
	return crm.Find(fields, func(f crm.Field) bool {
		return in.FieldID != 0 && f.ID == in.FieldID || in.FieldID == 0 && strings.EqualFold(f.Code, in.FieldCode)
	})
}

// Dispensable returns all of a deal that was sent that it can do without, for when the CRM does not name what it refuses: reason
// is what it says.
func (p Plan) Dispensable(deal bulk.Deal, reason string) (out Omissions) {
	because := func(path, given string) request.Problem {
		return request.NewProblem(path, request.CodeRefused, "refused_unnamed", "Reason", reason).AsRemark(given)
	}
	for _, x := range []struct {
		what, path, given string
		there             bool
	}{
		{OmitPipeline, "fields.pipeline_id", fmt.Sprint(deal.PipelineID), deal.PipelineID != 0},
		{OmitStatus, "fields.status_id", fmt.Sprint(deal.StatusID), deal.StatusID != 0},
		{OmitResponsible, "fields.responsible_user_id", fmt.Sprint(deal.ResponsibleID), deal.ResponsibleID != 0},
		{OmitTags, "tags", strings.Join(deal.Tags, ", "), len(deal.Tags) > 0},
		{OmitCompany, "company", p.Company, deal.CompanyID != 0},
	} {
		if x.there {
			out.Add(x.what, because(x.path, x.given))
		}
	}
	for i, f := range deal.Fields {
		out.Add(FieldKey(f, OfLead), because(p.From.Path("custom_fields_values."+strconv.Itoa(i)), fieldGiven(f)))
	}
	return out
}

func fieldGiven(f crm.FieldInput) string {
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
