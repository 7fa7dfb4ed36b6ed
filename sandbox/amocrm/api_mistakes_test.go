package amocrm

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

func TestAPI_wrongIDIsOneMistake(t *testing.T) {
	b := startAPI(t, false)
	catalog := b.do("POST", "/catalogs", `[{"name":"Goods"}]`).want(200).id("_embedded.catalogs.0.id")
	for _, path := range []string{"/leads", "/contacts", "/companies", "/tasks", "/catalogs", "/leads/custom_fields", "/leads/notes", fmt.Sprintf("/catalogs/%d/elements", catalog)} {
		for body, code := range map[string]string{`[{"id":"x"}]`: edit.CodeType, `[{}]`: edit.CodeMissing, `[{"id":9}]`: edit.CodeChoice} {
			if list := b.do("PATCH", path, body).refused("0", code, "id").get("validation-errors.0.errors").([]any); len(list) != 1 {
				t.Errorf("%s %s is refused for %d reasons, want one: %v", path, body, len(list), list)
			}
		}
	}
}

func TestAPI_listFieldsAreMadeWithTheirChoices(t *testing.T) {
	b := startAPI(t, false)
	for _, typ := range []string{"select", "multiselect", "radiobutton"} {
		b.do("POST", "/leads/custom_fields", fmt.Sprintf(`[{"name":"x","type":%q}]`, typ)).refused("0", edit.CodeMissing, "enums")
	}
	b.do("POST", "/leads/custom_fields", `[{"name":"x","type":"text"}]`).want(201)
}
