package fields

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/store"
)

// simpleFields are the types that a small form can change in place: one value, a choice or several choices.
var simpleFields = []string{
	"text", "textarea", "streetaddress", "numeric", "monetary", "price", "url", "select", "radiobutton", "category",
	"multiselect", "checkbox", "date", "birthday", "date_time",
}

// Editable returns the fields that a form can change.
func Editable(fields []amocrm.Field) []amocrm.Field {
	return crm.Filter(fields, func(f amocrm.Field) bool { return crm.Fillable(f) && slices.Contains(simpleFields, f.Type) })
}

// Outside are the fields that no small form holds (addresses, files, lists of several levels) and that people change in
// amoCRM itself. What robots, counters and links of advertisements write nobody changes there either.
func Outside(fields []amocrm.Field) []amocrm.Field {
	return crm.Filter(fields, func(f amocrm.Field) bool {
		return !f.IsAPIOnly && !f.IsComputed && f.Type != "tracking_data" && !slices.Contains(simpleFields, f.Type)
	})
}

// FormValues are a deal's values as its forms show them, by field id: one entry for each field that can be changed, empty
// for one without a value.
func FormValues(values amocrm.FieldValues, m crm.Meta) map[int64][]string {
	out := map[int64][]string{}
	for _, f := range Editable(m.LeadFields) {
		v, _ := crm.Find(values, func(v amocrm.FieldValue) bool { return v.FieldID == f.ID })
		v.FieldType = cmp.Or(v.FieldType, f.Type)
		out[int64(f.ID)] = formStrings(f, v, m.Location())
	}
	return out
}

func formStrings(f amocrm.Field, v amocrm.FieldValue, loc *time.Location) []string {
	var out []string
	text := v.TextIn(loc)
	for i, decoded := range v.Decode(loc) {
		switch d := decoded.(type) {
		case amocrm.Choice:
			// Old values may carry only the text of their choice.
			e, _ := crm.Find(f.Enums, func(e amocrm.Enum) bool { return e.ID == d.ID || d.ID == 0 && e.Value == d.Value })
			if e.ID != 0 {
				out = append(out, crm.Decimal(int64(e.ID)))
			}
		case time.Time:
			layout := time.DateOnly
			if f.Type == "date_time" {
				layout = "2006-01-02T15:04"
			}
			out = append(out, d.Format(layout))
		default:
			if i < len(text) {
				out = append(out, text[i])
			}
		}
	}
	return out
}

// Required lists the custom fields that a deal must have to enter a stage and that a form can ask for, in their order
// (amocrm.md §3.4).
func (fs *Fields) Required(ctx context.Context, pipelineID, statusID int64) ([]amocrm.Field, error) {
	meta, err := fs.account.Vocabulary(ctx, crm.PartLeadFields)
	return meta.Required(pipelineID, statusID), store.Wrap("read required fields", err)
}

// MoreFields lists the custom fields of deals that can be written and that a stage does not require, in the account's
// order: what the form of a new deal may ask for beside Required.
func (fs *Fields) MoreFields(ctx context.Context, pipelineID, statusID int64) ([]amocrm.Field, error) {
	meta, err := fs.account.Vocabulary(ctx, crm.PartLeadFields)
	return moreFields(meta.LeadFields, pipelineID, statusID), store.Wrap("read fields of deals", err)
}

func moreFields(fields []amocrm.Field, pipelineID, statusID int64) []amocrm.Field {
	required := crm.RequiredFields(fields, pipelineID, statusID)
	return crm.Filter(fields, func(f amocrm.Field) bool {
		return crm.Fillable(f) && !slices.ContainsFunc(required, func(r amocrm.Field) bool { return r.ID == f.ID })
	})
}

// Blank reports whether a form's values hold no text.
func Blank(list []string) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// Sent remembers which form fields stand behind the custom fields of a request, to read amoCRM's complaints
// ("custom_fields_values.1.values.0.value") back into the form's words. One form path stands for the whole field when
// values is empty.
type Sent []SentField

// SentField is what a form sent for one field.
type SentField struct {
	Path   string
	Values []string
}

// plainPaths are amoCRM's names of the form's plain fields.
var plainPaths = map[string]string{
	"name": "name", "first_name": "name", "last_name": "name", "price": "price", "status_id": "status_id",
	"pipeline_id": "pipeline_id", "responsible_user_id": "responsible_id", "entity_id": "", "params": "text",
}

// FormPath returns the form's path for amoCRM's path inside the item; "" for what the form does not hold.
func (s Sent) FormPath(path string) string {
	seg := strings.Split(path, ".")
	switch seg[0] {
	case "custom_fields_values":
		if len(seg) < 2 {
			return ""
		}
		i, err := strconv.Atoi(seg[1])
		if err != nil || i < 0 || i >= len(s) {
			return ""
		}
		if len(seg) > 3 && seg[2] == "values" {
			if j, err := strconv.Atoi(seg[3]); err == nil && j >= 0 && j < len(s[i].Values) {
				return s[i].Values[j]
			}
		}
		return s[i].Path
	case "_embedded":
		if len(seg) > 1 && seg[1] == "contacts" {
			return "contact_id"
		}
		return ""
	}
	return plainPaths[seg[0]]
}

func Index(m crm.Meta, id int64) int {
	i := slices.IndexFunc(m.LeadFields, func(f amocrm.Field) bool { return int64(f.ID) == id })
	if i < 0 {
		return len(m.LeadFields)
	}
	return i
}

func Path(id int64) string { return "fields." + crm.Decimal(id) }
