package fields

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

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
