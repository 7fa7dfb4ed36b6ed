package amocrm

import (
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
)

// phoneEnum is the id of a kind of phone.
func phoneEnum(t *testing.T, b *apiBench, kind string) int64 {
	t.Helper()
	for _, f := range b.do("GET", "/contacts/custom_fields", "").get("_embedded.custom_fields").([]any) {
		if dig(f, "code") != "PHONE" {
			continue
		}
		for _, e := range dig(f, "enums").([]any) {
			if dig(e, "value") == kind {
				return int64(dig(e, "id").(float64))
			}
		}
	}
	t.Fatalf("no phone enum %s", kind)
	return 0
}

func TestAPI_valuesAreStoredInTheReadShape(t *testing.T) {
	b := startAPI(t, false)
	for _, c := range []struct {
		field  int
		values string
		want   []any
	}{
		{fText, `[{"value":"<b>&\"' 🐉"}]`, []any{obj{"value": `<b>&"' 🐉`}}},
		{fNumber, `[{"value":100}]`, []any{obj{"value": "100"}}},
		{fNumber, `[{"value":"1.50"}]`, []any{obj{"value": "1.50"}}},
		{fNumber, `[{"value":2.5}]`, []any{obj{"value": "2.5"}}},
		{fCheck, `[{"value":true}]`, []any{obj{"value": true}}},
		{fCheck, `[{"value":false}]`, []any{obj{"value": false}}},
		{fSelect, `[{"enum_id":712}]`, []any{obj{"value": "Shop", "enum_id": enumShop, "enum_code": nil}}},
		{fSelect, `[{"value":"Web"}]`, []any{obj{"value": "Web", "enum_id": enumWeb, "enum_code": nil}}},
		{fMulti, `[{"enum_id":713},{"value":"Blue"}]`, []any{
			obj{"value": "Red", "enum_id": enumRed, "enum_code": nil}, obj{"value": "Blue", "enum_id": enumBlue, "enum_code": nil}}},
		{fDate, `[{"value":1577836800}]`, []any{obj{"value": 1577836800}}},
		{fDate, `[{"value":"2020-01-01T03:00:00+03:00"}]`, []any{obj{"value": 1577836800}}},
		{fAddress, `[{"value":"Street 1","enum_id":1},{"value":"Town","enum_code":"city"}]`, []any{
			obj{"value": "Street 1", "enum_id": 1, "enum_code": "address_line_1"}, obj{"value": "Town", "enum_id": 3, "enum_code": "city"}}},
		{fLegal, `[{"value":{"name":"Co","entity_type":1,"vat_id":"12"}}]`, []any{obj{"value": obj{"name": "Co", "entity_type": 1, "vat_id": "12"}}}},
	} {
		made := b.do("POST", "/leads", fmt.Sprintf(`[{"custom_fields_values":[{"field_id":%d,"values":%s}]}]`, c.field, c.values)).want(200)
		got := b.do("GET", fmt.Sprintf("/leads/%d", made.id("_embedded.leads.0.id")), "").want(200)
		got.is("custom_fields_values.0.values", c.want).is("custom_fields_values.0.field_id", c.field)
	}
}

func TestAPI_wrongValuesAreRefusedByCodeAndPath(t *testing.T) {
	b := startAPI(t, false)
	for _, c := range []struct{ element, code, path string }{
		{`{"field_id":9,"values":[{"value":"x"}]}`, edit.CodeChoice, "custom_fields_values.0.field_id"},
		{`{"field_code":"NOPE","values":[{"value":"x"}]}`, edit.CodeChoice, "custom_fields_values.0.field_code"},
		{`{"field_id":"701","values":[{"value":"x"}]}`, edit.CodeType, "custom_fields_values.0.field_id"},
		{`{"values":[{"value":"x"}]}`, edit.CodeMissing, "custom_fields_values.0.field_id"},
		{`{"field_id":701}`, edit.CodeMissing, "custom_fields_values.0.values"},
		{`{"field_id":701,"values":"x"}`, edit.CodeType, "custom_fields_values.0.values"},
		{`{"field_id":701,"values":["x"]}`, edit.CodeType, "custom_fields_values.0.values.0"},
		{`{"field_id":701,"values":[{"value":{"a":1}}]}`, edit.CodeType, "custom_fields_values.0.values.0.value"},
		{`{"field_id":701,"values":[{"value":"x","enum_id":1}]}`, edit.CodeNotExpected, "custom_fields_values.0.values.0.enum_id"},
		{`{"field_id":702,"values":[{"value":"ten"}]}`, edit.CodeType, "custom_fields_values.0.values.0.value"},
		{`{"field_id":703,"values":[{"value":"yes"}]}`, edit.CodeType, "custom_fields_values.0.values.0.value"},
		{`{"field_id":703,"values":[{"value":true,"enum_code":null}]}`, edit.CodeNotExpected, "custom_fields_values.0.values.0.enum_code"},
		{`{"field_id":704,"values":[{"enum_id":5}]}`, edit.CodeChoice, "custom_fields_values.0.values.0.enum_id"},
		{`{"field_id":704,"values":[{"value":"Nope"}]}`, edit.CodeChoice, "custom_fields_values.0.values.0.value"},
		{`{"field_id":705,"values":[{"enum_id":713},{"enum_id":711}]}`, edit.CodeChoice, "custom_fields_values.0.values.1.enum_id"},
		{`{"field_id":704,"values":[{"enum_id":"711"}]}`, edit.CodeType, "custom_fields_values.0.values.0.enum_id"},
		{`{"field_id":706,"values":[{"value":"2020-06-17"}]}`, edit.CodeType, "custom_fields_values.0.values.0.value"},
		{`{"field_id":707,"values":[{"value":"x","enum_id":7}]}`, edit.CodeChoice, "custom_fields_values.0.values.0.enum_id"},
		{`{"field_id":708,"values":[{"value":{"vat_id":"1"}}]}`, edit.CodeMissing, "custom_fields_values.0.values.0.value.name"},
	} {
		b.do("POST", "/leads", `[{"custom_fields_values":[`+c.element+`]}]`).refused("0", c.code, c.path)
	}
	b.do("POST", "/leads", `[{"custom_fields_values":[{"field_id":9,"values":[{"value":"x"}]}]}]`).keysLike("error-validation")
	b.do("POST", "/leads", `[{"custom_fields_values":{"a":1}}]`).refused("0", edit.CodeType, "custom_fields_values")
}

func TestAPI_wrongPlainFieldsAreRefused(t *testing.T) {
	b := startAPI(t, false)
	for _, c := range []struct{ item, code, path string }{
		{`{"price":"lots"}`, edit.CodeType, "price"},
		{`{"price":"100"}`, edit.CodeType, "price"},
		{`{"name":5}`, edit.CodeType, "name"},
		{`{"status_id":600}`, edit.CodeChoice, "status_id"},
		{`{"status_id":621}`, edit.CodeChoice, "status_id"},
		{`{"pipeline_id":502,"status_id":602}`, edit.CodeChoice, "status_id"},
		{`{"pipeline_id":9}`, edit.CodeChoice, "pipeline_id"},
		{`{"responsible_user_id":103}`, edit.CodeChoice, "responsible_user_id"},
		{`{"responsible_user_id":104}`, edit.CodeChoice, "responsible_user_id"},
		{`{"responsible_user_id":9}`, edit.CodeChoice, "responsible_user_id"},
		{`{"responsible_user_id":"101"}`, edit.CodeType, "responsible_user_id"},
		{`{"responsible_user_id":"101"}`, edit.CodeChoice, "responsible_user_id"},
		{`{"created_by":9}`, edit.CodeChoice, "created_by"},
		{`{"created_at":"today"}`, edit.CodeType, "created_at"},
		{`{"loss_reason_id":5,"status_id":143}`, edit.CodeChoice, "loss_reason_id"},
		{`{"tags_to_add":[{}]}`, edit.CodeMissing, "tags_to_add.0.name"},
		{`{"_embedded":{"contacts":[{"id":9}]}}`, edit.CodeChoice, "_embedded.contacts.0.id"},
		{`{"_embedded":{"companies":[{"id":9}]}}`, edit.CodeChoice, "_embedded.companies.0.id"},
	} {
		b.do("POST", "/leads", `[`+c.item+`]`).refused("0", c.code, c.path)
	}
	b.do("POST", "/leads", `[{"status_id":600,"pipeline_id":501}]`).keysLike("error-validation-status")
	b.do("POST", "/leads", `[{"price":22.9,"pipeline_id":502,"status_id":142,"created_by":0,"updated_by":0}]`).want(200)
	b.do("PATCH", fmt.Sprintf("/leads/%d", lBin), `{"status_id":600,"price":3}`).refused("0", edit.CodeChoice, "status_id")
}

func TestAPI_batchesAreAllOrNothing(t *testing.T) {
	b := startAPI(t, false)
	before := len(b.do("GET", "/leads", "").ids("leads"))
	a := b.do("POST", "/leads", `[{"name":"good"},{"name":"bad","price":"x","request_id":"mine"},{"status_id":600}]`)
	a.refused("mine", edit.CodeType, "price").refused("2", edit.CodeChoice, "status_id")
	if n := len(a.get("validation-errors").([]any)); n != 2 {
		t.Errorf("%d items have errors, want 2\n%s", n, a.body)
	}
	if n := len(b.do("GET", "/leads", "").ids("leads")); n != before {
		t.Errorf("%d leads after a refused batch, %d before", n, before)
	}
	b.do("PATCH", "/leads", fmt.Sprintf(`[{"id":%d,"price":77},{"id":9,"price":77}]`, lFence)).refused("1", edit.CodeChoice, "id")
	b.do("GET", fmt.Sprintf("/leads/%d", lFence), "").is("price", 1000)
	b.do("PATCH", "/leads", `[{"price":1}]`).refused("0", edit.CodeMissing, "id")
	b.do("POST", "/leads/notes", fmt.Sprintf(`[{"entity_id":%d,"note_type":"common","params":{"text":"x"}},{"entity_id":%d,"note_type":"common","text":"x"}]`, lRoof, lRoof)).
		refused("1", edit.CodeMissing, "params.text")
	b.do("GET", fmt.Sprintf("/leads/%d/notes", lRoof), "").want(204)
	b.do("POST", "/leads/complex", `[{"name":"a","_embedded":{"contacts":[{"name":"half-made"}]}},{"name":"b","_embedded":{"contacts":[{"name":"c","responsible_user_id":"x"}]},"request_id":"qweasd"}]`).
		refused("qweasd", edit.CodeType, "_embedded.contacts.0.responsible_user_id").refused("qweasd", edit.CodeChoice, "_embedded.contacts.0.responsible_user_id").
		keysLike("error-validation-complex")
	b.do("GET", "/contacts?query=half-made", "").want(204)
}

func TestAPI_fieldsAreReplacedClearedAndLeft(t *testing.T) {
	b := startAPI(t, false)
	path := fmt.Sprintf("/contacts/%d", kIvan)
	mob := phoneEnum(t, b, "MOB")
	b.do("PATCH", path, fmt.Sprintf(`{"custom_fields_values":[{"field_code":"PHONE","field_id":null,"values":[{"value":"+79990000009","enum_code":"HOME"},{"value":"1","enum_id":%d},{"value":"2"}]}]}`, mob)).want(200)
	byCode := func(code string) any {
		list, _ := b.do("GET", path, "").get("custom_fields_values").([]any)
		for _, f := range list {
			if dig(f, "field_code") == code {
				return f
			}
		}
		return nil
	}
	phone := byCode("PHONE")
	for i, want := range []string{"HOME", "MOB", "WORK"} {
		if got := dig(phone, fmt.Sprintf("values.%d.enum_code", i)); got != want {
			t.Errorf("phone %d is %v, want %s", i, got, want)
		}
	}
	if dig(phone, "field_name") != "Телефон" || dig(phone, "field_type") != "multitext" || dig(byCode("EMAIL"), "values.0.value") != "ivan@example.com" {
		t.Errorf("phone %v, e-mail %v", phone, byCode("EMAIL"))
	}
	b.do("PATCH", path, `{"custom_fields_values":[{"field_code":"PHONE","values":null},{"field_code":"EMAIL","values":[]}]}`).want(200)
	b.do("GET", path, "").is("custom_fields_values", nil)
	b.do("PATCH", path, `{"custom_fields_values":[{"field_code":"PHONE","values":[{"value":"1","enum_code":"CAR"}]}]}`).
		refused("0", edit.CodeChoice, "custom_fields_values.0.values.0.enum_code")
}
