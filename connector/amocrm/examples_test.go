package amocrm

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/wire"
)

// listOf decodes an envelope's list as the client does.
func listOf[T any](t *testing.T, body, name string) []T {
	t.Helper()
	var e envelope
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatal(err)
	}
	got, err := items[T](e, name, json.Unmarshal)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// oneOf decodes a bare model and checks that it survives a cache as JSON.
func oneOf[T any](t *testing.T, body string) T {
	t.Helper()
	var got T
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	survives(t, got)
	return got
}

func survives[T any](t *testing.T, v T) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var again T
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if diff := cmp.Diff(v, again, cmp.Comparer(sameJSON)); diff != "" {
		t.Errorf("does not survive a cache:\n%s", diff)
	}
}

// sameJSON compares by meaning; a missing member and null are the same.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	none := func(r json.RawMessage) bool { return len(r) == 0 || string(r) == "null" }
	if none(a) || none(b) {
		return none(a) == none(b)
	}
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && cmp.Equal(x, y)
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// TestExamples decodes every documented answer that the client handles; companies, errors and token answers have their own tables
// (TestExamples_companies, TestProblem_examples, TestExchange_*).
func TestExamples(t *testing.T) {
	for name, check := range map[string]func(*testing.T, string){
		"account": func(t *testing.T, b string) {
			a := oneOf[Account](t, b)
			want(t, "account", a, Account{ID: 1231414, Name: "example", Subdomain: "example", CurrentUserID: 581651,
				Country: "RU", FilterEnabled: true, LossReasons: true, Timezone: "Europe/Moscow", DateFormat: "d.m.Y",
				TaskTypes: []TaskType{{1, "Связаться", "FOLLOW_UP"}, {2, "Встреча", "MEETING"}}})
		},
		"account-kommo-minimal": func(t *testing.T, b string) {
			a := oneOf[Account](t, b)
			want(t, "currency", a.Currency+a.CurrencySymbol, "BRLR$")
			want(t, "timezone", a.Timezone, "")
		},
		"contact-by-id-with-all": func(t *testing.T, b string) {
			c := oneOf[Contact](t, b)
			want(t, "leads", c.LeadIDs, IDs{1, 3916883})
			want(t, "companies", c.CompanyIDs, IDs{1})
			want(t, "phones", c.Fields[0].Text(), []string{"+79123"})
			want(t, "kind of phone", c.Fields[0].Values[0].EnumCode, "WORK")
		},
		"contacts-list": func(t *testing.T, b string) {
			l := listOf[Contact](t, b, "contacts")
			want(t, "ids", []ID{l[0].ID, l[1].ID}, []ID{7143599, 7767065})
			want(t, "fields", l[0].Fields, nil)
			want(t, "next task", l[0].ClosestTaskAt, 0)
			survives(t, l)
		},
		"contacts-create-response": func(t *testing.T, b string) {
			want(t, "created", listOf[Created](t, b, "contacts"), []Created{{40401635, "0"}, {40401636, "1"}})
		},
		"contacts-update-response": func(t *testing.T, b string) {
			want(t, "updated", listOf[Created](t, b, "contacts"), []Created{{3, ""}})
		},
		"custom-field-phone-by-id": func(t *testing.T, b string) {
			f := oneOf[Field](t, b)
			want(t, "kinds", len(f.Enums), 6)
			want(t, "code", f.Code, "PHONE")
			want(t, "predefined", f.IsPredefined, true)
		},
		"custom-field-select-full-kommo": func(t *testing.T, b string) {
			f := oneOf[Field](t, b)
			want(t, "choice", f.Enums[2], Enum{ID: 867972, Value: "VIP", Sort: 500})
			want(t, "currency", f.Currency, "")
		},
		"custom-fields-list": func(t *testing.T, b string) {
			l := listOf[Field](t, b, "custom_fields")
			want(t, "required", l[0].RequiredStatuses, wire.List[PipelineStatus]{{3142, 41221}})
			want(t, "type", l[1].Type, "date")
			want(t, "not required", l[1].RequiredStatuses, nil)
		},
		"custom-fields-create-response": func(t *testing.T, b string) {
			want(t, "choices", len(listOf[Field](t, b, "custom_fields")[0].Enums), 2)
		},
		"custom-fields-update-response": func(t *testing.T, b string) {
			want(t, "type", listOf[Field](t, b, "custom_fields")[1].Type, "category")
		},
		"event-by-id": func(t *testing.T, b string) {
			e := oneOf[Event](t, b)
			want(t, "event", string(e.ID)+e.Type+e.EntityType, "01pz58t6p04ymgsgfbmfyfy1mflead_addedlead")
		},
		"events-list": func(t *testing.T, b string) {
			want(t, "entity", listOf[Event](t, b, "events")[0].EntityID, 26060763)
		},
		"events-value-shapes": func(t *testing.T, b string) {
			var shapes []struct {
				Types   []string
				Example json.RawMessage
			}
			if err := json.Unmarshal([]byte(b), &shapes); err != nil {
				t.Fatal(err)
			}
			for _, s := range shapes {
				if e := oneOf[Event](t, string(s.Example)); len(e.After) == 0 {
					t.Errorf("%v: no value_after", s.Types)
				}
			}
		},
		"lead-by-id-with-all": func(t *testing.T, b string) {
			l := oneOf[Lead](t, b)
			want(t, "contacts", l.Contacts, wire.List[LeadMember]{{10971465, true}})
			want(t, "companies", l.CompanyIDs, IDs{10971463})
			want(t, "tags", l.Tags, wire.List[Tag]{{ID: 100667, Name: "тест"}})
			want(t, "reason", l.LossReason(), "Пропала потребность")
			want(t, "closed", l.ClosedAt, 1590683337)
			want(t, "price", l.Price, 12)
		},
		"lead-update-one-response-single": func(t *testing.T, b string) {
			want(t, "updated", oneOf[Created](t, b), Created{ID: 167353})
		},
		"leads-list": func(t *testing.T, b string) {
			l := listOf[Lead](t, b, "leads")
			want(t, "pair", PipelineStatus{l[0].PipelineID, l[0].StatusID}, PipelineStatus{1300, StatusWon})
			survives(t, l)
		},
		"leads-create-response": func(t *testing.T, b string) {
			want(t, "created", listOf[Created](t, b, "leads"), []Created{{10185151, "0"}, {10185153, "1"}})
		},
		"leads-update-response": func(t *testing.T, b string) {
			want(t, "first", listOf[Created](t, b, "leads")[0].ID, 54886)
		},
		"leads-complex-response": func(t *testing.T, b string) {
			l := oneOf[[]ComplexResult](t, b)
			want(t, "second", l[1], ComplexResult{15198337, 19663161, 19663159, []string{"uns_qweasd"}, false})
		},
		"note-by-id": func(t *testing.T, b string) {
			n := oneOf[Note](t, b)
			want(t, "note", Note{ID: n.ID, EntityID: n.EntityID, Type: n.Type}, Note{ID: 42709325, EntityID: 26050861, Type: "common"})
		},
		"notes-list": func(t *testing.T, b string) {
			want(t, "type", listOf[Note](t, b, "notes")[1].Type, "attachment")
		},
		"notes-list-by-entity": func(t *testing.T, b string) {
			want(t, "notes", len(listOf[Note](t, b, "notes")), 2)
		},
		"notes-create-response": func(t *testing.T, b string) {
			want(t, "created", listOf[Created](t, b, "notes")[3], Created{76787989, "3"})
		},
		"pipeline-by-id": func(t *testing.T, b string) {
			p := oneOf[Pipeline](t, b)
			want(t, "last stage", p.Statuses[4], Status{ID: StatusLost, Name: "Закрыто и не реализовано", Sort: 11000, Color: "#D5D8DB", PipelineID: 3177727})
		},
		"pipelines-list": func(t *testing.T, b string) {
			p := listOf[Pipeline](t, b, "pipelines")
			want(t, "unsorted", p[0].Statuses[0].Type, StatusTypeUnsorted)
			want(t, "main", p[0].IsMain, true)
			survives(t, p)
		},
		"pipelines-create-response": func(t *testing.T, b string) {
			want(t, "pipelines", len(listOf[Pipeline](t, b, "pipelines")) > 0, true)
		},
		"pipeline-statuses-list": func(t *testing.T, b string) {
			want(t, "stages", len(listOf[Status](t, b, "statuses")), 5)
		},
		"pipeline-statuses-create-response": func(t *testing.T, b string) {
			want(t, "stage", listOf[Status](t, b, "statuses")[1].Color, "#fffeb2")
		},
		"pipeline-status-by-id": func(t *testing.T, b string) {
			want(t, "stage", oneOf[Status](t, b).ID, 32392159)
		},
		"tags-list": func(t *testing.T, b string) {
			want(t, "tags", listOf[Tag](t, b, "tags"), []Tag{{2707, "Заявка с сайта", "EBEBEB"}, {ID: 2709, Name: "Техническая поддержка"}})
		},
		"task-by-id-with-result": func(t *testing.T, b string) {
			want(t, "done", oneOf[Task](t, b).IsCompleted, true)
		},
		"tasks-list": func(t *testing.T, b string) {
			want(t, "due", listOf[Task](t, b, "tasks")[0].CompleteTill, 1575665940)
		},
		"user-by-id": func(t *testing.T, b string) {
			u := oneOf[User](t, b)
			want(t, "rights", []bool{u.IsActive, u.IsFree, u.IsAdmin}, []bool{true, false, false})
		},
		"users-list": func(t *testing.T, b string) {
			l := listOf[User](t, b, "users")
			want(t, "admins", []bool{l[0].IsAdmin, l[1].IsAdmin}, []bool{false, true})
			survives(t, l)
		},
		"webhook-subscribe-response": func(t *testing.T, b string) {
			want(t, "hook", oneOf[Webhook](t, b).ID, 1056949)
		},
		"webhooks-list": func(t *testing.T, b string) {
			want(t, "disabled", listOf[Webhook](t, b, "webhooks")[1].Disabled, true)
		},
		"link-response": func(t *testing.T, b string) {
			want(t, "links", len(listOf[map[string]any](t, b, "links")), 2)
		},
		"leads-complex-request": func(t *testing.T, b string) {
			l := oneOf[[]LeadInput](t, b)
			want(t, "contact", l[0].Embedded.Contacts[0].FirstName, "Екатерина")
			want(t, "company", l[0].Embedded.Companies, []CompanyInput{{Name: "ООО Рога и Копыта"}})
		},
	} {
		t.Run(name, func(t *testing.T) { check(t, example(t, name)) })
	}
}

// TestExamples_valuesByType decodes what the documentation writes for each field type.
func TestExamples_valuesByType(t *testing.T) {
	var byType map[string]json.RawMessage
	if err := json.Unmarshal([]byte(example(t, "custom-fields-values-write-by-type")), &byType); err != nil {
		t.Fatal(err)
	}
	for types, check := range map[string]struct {
		kind string
		want []any
	}{
		"text, numeric, textarea, price, streetaddress, tracking_data, monetary": {"text", []any{"Значение поля"}},
		"checkbox": {"checkbox", []any{"true"}},
		"url":      {"url", []any{"https://www.amocrm.ru/"}},
		"select, multiselect, radiobutton, category": {"select", []any{Choice{Value: "Значение 1"}}},
		"smart_address": {"smart_address", []any{"Николоямская улица 28/60", "Москва", "Москва", "109004", "RU"}},
		"multitext":     {"multitext", []any{Choice{ID: 48224, Value: "+79121234567"}, Choice{Value: "+74991234567", Code: "HOME"}}},
		"legal_entity": {"legal_entity", []any{LegalEntity{Name: "ООО Рога и копыта", VATID: "123123123", KPP: "23123123",
			TaxReasonCode: "213", Address: "Moscow"}}},
		"items":         {"items", []any{"Описание товара"}},
		"linked_entity": {"linked_entity", []any{"Ivan Ivanov"}},
		"chained_list":  {"chained_list", []any{"#12235", "#12243"}},
		"file":          {"file", []any{"wiki.odt"}},
		"supplier":      {"supplier", []any{" 521717"}},
	} {
		var values FieldValues
		if err := json.Unmarshal(byType[types], &values); err != nil {
			t.Fatalf("%s: %v", types, err)
		}
		values[0].FieldType = check.kind
		if diff := cmp.Diff(check.want, values[0].Decode(nil)); diff != "" {
			t.Errorf("%s: %s", types, diff)
		}
		if len(values[0].Text()) == 0 {
			t.Errorf("%s: no text", types)
		}
		survives(t, values)
	}
	var payers []FieldValues
	if err := json.Unmarshal(byType["payer"], &payers); err != nil {
		t.Fatal(err)
	}
	for i, p := range payers {
		p[0].FieldType = "payer"
		_, legal := p[0].Decode(nil)[0].(LegalEntity)
		want(t, "payer is an entity", !legal, i == 2)
	}
}
