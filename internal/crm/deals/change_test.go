package deals

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/crmtest/fake"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// changeable is a deal in the first stage of the main pipeline with a product, a site and a deadline.
const changeable = `{"id":21,"name":" Lamp ","price":1500,"responsible_user_id":501,"status_id":311,"pipeline_id":31,
	"custom_fields_values":[
		{"field_id":901,"field_type":"select","values":[{"value":"Lamp","enum_id":71}]},
		{"field_id":902,"field_type":"date_time","values":[{"value":1700000000}]},
		{"field_id":904,"field_type":"url","values":[{"value":"https://example.com/a"}]}]}`

func TestLeadChange_sendsOnlyWhatDiffers(t *testing.T) {
	m := crmtest.Meta(t)
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		name   string
		change Change
		want   string // of the request's body
	}{
		{"the same of everything", Change{Name: text("Lamp "), Price: text("1500"), PipelineID: 31, StatusID: 311, ResponsibleID: 501,
			Fields: map[int64][]string{901: {"71"}, 904: {"https://example.com/a"}, 905: {""}}}, `{"id":21}`},
		{"name", Change{Name: text(" Big lamp")}, `{"id":21,"name":"Big lamp"}`},
		{"amount of zero", Change{Price: text("0")}, `{"id":21,"price":0}`},
		{"one field of two", Change{Fields: map[int64][]string{901: {"72"}, 904: {"https://example.com/a"}}},
			`{"id":21,"custom_fields_values":[{"field_id":901,"values":[{"enum_id":72}]}]}`},
		{"emptied", Change{Fields: map[int64][]string{904: nil}}, `{"id":21,"custom_fields_values":[{"field_id":904,"values":null}]}`},
		{"stage with its pipeline", Change{PipelineID: 32, StatusID: 321}, `{"id":21,"pipeline_id":32,"status_id":321}`},
		{"won", Change{PipelineID: 31, StatusID: 142, LossReasonID: 5}, `{"id":21,"pipeline_id":31,"status_id":142}`},
		{"lost where no reason is asked for", Change{PipelineID: 31, StatusID: 143, LossReasonID: 5}, `{"id":21,"pipeline_id":31,"status_id":143}`},
		{"what the stage requires goes along", Change{PipelineID: 31, StatusID: 312, Fields: map[int64][]string{906: {"Example street 1"}}},
			`{"id":21,"pipeline_id":31,"status_id":312,"custom_fields_values":[{"field_id":906,"values":[{"value":"Example street 1"}]}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, _, err := leadChange(crmtest.Lead(t, changeable), c.change, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := errors.Join(json.Unmarshal(raw, &got), json.Unmarshal([]byte(c.want), &want)); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if same(in) != (c.want == `{"id":21}`) {
				t.Errorf("same is %v", same(in))
			}
		})
	}
}

func TestLeadChange_refuses(t *testing.T) {
	m := crmtest.Meta(t)
	empty, negative := "  ", "-1"
	reasons := []amocrm.LossReason{{ID: 5, Name: "Too expensive"}}
	for _, c := range []struct {
		name   string
		change Change
		want   map[string]string
	}{
		{"no name", Change{Name: &empty}, map[string]string{"name": crm.KeyRequired}},
		{"below zero", Change{Price: &negative}, map[string]string{"price": crm.KeyNegative}},
		{"somebody who left", Change{ResponsibleID: 502}, map[string]string{"responsible_id": crm.KeyBadChoice}},
		{"unsorted", Change{PipelineID: 31, StatusID: 310}, map[string]string{"status_id": crm.KeyBadChoice}},
		{"an archived pipeline", Change{PipelineID: 33, StatusID: 331}, map[string]string{"pipeline_id": crm.KeyBadChoice}},
		{"a stage of another pipeline", Change{PipelineID: 31, StatusID: 321}, map[string]string{"status_id": crm.KeyBadChoice}},
		{"lost without a reason", Change{PipelineID: 31, StatusID: 143}, map[string]string{"loss_reason_id": crm.KeyRequired}},
		{"lost for a reason that is none", Change{PipelineID: 31, StatusID: 143, LossReasonID: 6}, map[string]string{"loss_reason_id": crm.KeyBadChoice}},
		{"a stage that requires more", Change{PipelineID: 31, StatusID: 312}, map[string]string{"fields.906": crm.KeyRequired}},
		{"what the stage requires is emptied on the way", Change{PipelineID: 31, StatusID: 312,
			Fields: map[int64][]string{901: nil, 906: {"x"}}}, map[string]string{"fields.901": crm.KeyRequired}},
		{"no address", Change{Fields: map[int64][]string{904: {"not one"}}}, map[string]string{"fields.904": crm.KeyBadValue}},
		{"a computed field", Change{Fields: map[int64][]string{903: {"1"}}}, map[string]string{"fields.903": crm.KeyBadChoice}},
		{"a field of nobody", Change{Fields: map[int64][]string{999: {"1"}}}, map[string]string{"fields.999": crm.KeyBadChoice}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := leadChange(crmtest.Lead(t, changeable), c.change, m, reasons)
			if d := cmp.Diff(c.want, crmtest.ProblemMap(t, err)); d != "" {
				t.Error(d)
			}
		})
	}
}

// The form words it by the field's type: "write the address …".
func TestLeadChange_aWrongValueCarriesWhatItsFieldTakes(t *testing.T) {
	_, _, err := leadChange(crmtest.Lead(t, changeable), Change{Fields: map[int64][]string{904: {"not one"}}}, crmtest.Meta(t), nil)
	problems, _ := errors.AsType[*crm.FieldErrors](err)
	if problems == nil || len(problems.Fields) != 1 || problems.Fields[0].Args["type"] != "url" {
		t.Errorf("got %v", err)
	}
}

func TestDealEdit_missingIsWhatTheStageStillNeeds(t *testing.T) {
	m := crmtest.Meta(t)
	e := Edit{PipelineID: 31, StatusID: 311, Fields: fields.Editable(m.LeadFields), Values: fields.FormValues(crmtest.Lead(t, changeable).Fields, m)}
	if d := cmp.Diff(map[int64][]string{901: {"71"}, 902: {"2023-11-15T01:13"}, 904: {"https://example.com/a"}, 905: nil, 906: nil}, e.Values); d != "" {
		t.Errorf("values: %s", d)
	}
	missing := e.Missing(31, 312)
	if len(missing) != 1 || missing[0].ID != 906 {
		t.Errorf("missing %+v", missing)
	}
	if got := e.Missing(31, 311); got != nil {
		t.Errorf("staying needs %+v", got)
	}
}

func TestSandbox_changesADeal(t *testing.T) {
	a := sandboxAccount(t)
	ctx := t.Context()
	edit, err := a.DealEdit(ctx, scenario.LeadOneDeal)
	if err != nil || len(edit.LossReasons) == 0 || len(edit.Users) == 0 || len(edit.Fields) < 10 {
		t.Fatalf("%+v, %v", edit, err)
	}
	name, price := "Ⅲ lamps & more", "77 000 ₽"
	user := int64(edit.Users[len(edit.Users)-1].ID)
	change := Change{Name: &name, Price: &price, ResponsibleID: user, Fields: map[int64][]string{
		scenario.LeadText: {"by the door"}, scenario.LeadNumeric: {"12,5"}, scenario.LeadGift: {"false"}, scenario.LeadDelivery: {"2026-12-24"},
		scenario.LeadURL: {"https://example.com/offer"}, scenario.LeadTextarea: {"one\ntwo"}, scenario.LeadCallAt: {"2026-12-24T15:30"},
	}}
	if err := a.ChangeDeal(ctx, scenario.LeadOneDeal, change); err != nil {
		t.Fatal(err)
	}
	if edit, err = a.DealEdit(ctx, scenario.LeadOneDeal); err != nil {
		t.Fatal(err)
	}
	if edit.Name != name || edit.Price != money.Of(77000) || edit.ResponsibleID != user {
		t.Errorf("%q %v %d", edit.Name, edit.Price, edit.ResponsibleID)
	}
	for id, want := range map[int64]string{
		scenario.LeadText: "by the door", scenario.LeadNumeric: "12.5", scenario.LeadGift: "false", scenario.LeadDelivery: "2026-12-24",
		scenario.LeadURL: "https://example.com/offer", scenario.LeadTextarea: "one\ntwo", scenario.LeadCallAt: "2026-12-24T15:30",
	} {
		if got := edit.Values[id]; !cmp.Equal(got, []string{want}) {
			t.Errorf("field %d is %q, want %q", id, got, want)
		}
	}
	lost := Change{PipelineID: edit.PipelineID, StatusID: int64(amocrm.StatusLost)}
	if d := cmp.Diff(map[string]string{"loss_reason_id": crm.KeyRequired}, crmtest.ProblemMap(t, a.ChangeDeal(ctx, scenario.LeadOneDeal, lost))); d != "" {
		t.Error(d)
	}
	lost.LossReasonID = int64(edit.LossReasons[0].ID)
	if err := a.ChangeDeal(ctx, scenario.LeadOneDeal, lost); err != nil {
		t.Fatal(err)
	}
	card, err := a.Deal(ctx, scenario.LeadOneDeal)
	if err != nil || card.State != Lost || card.LossReason != edit.LossReasons[0].Name {
		t.Errorf("%s %q, %v", card.State, card.LossReason, err)
	}
	if err := a.ChangeDeal(ctx, 4, lost); !errors.Is(err, crm.ErrGone) {
		t.Errorf("a deal that is not there: %v", err)
	}
}

func TestChangeDeal_lostAnswerIsLookedFor(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	name := "Lamp of today"
	done := f.CRM.Patching(func(c *fake.CRM, body map[string]any) int {
		c.Leads[21]["name"] = body["name"]
		return fake.DropAnswer
	})
	if err := f.ChangeDeal(t.Context(), 21, Change{Name: &name}); err != nil {
		t.Errorf("it was written: %v", err)
	}
	if n := done(); n != 1 {
		t.Errorf("sent %d times", n)
	}
	name = "Lamp of tomorrow"
	f.CRM.Patching(func(*fake.CRM, map[string]any) int { return fake.DropAnswer })
	if err := f.ChangeDeal(t.Context(), 21, Change{Name: &name}); !errors.Is(err, crm.ErrUnknownOutcome) {
		t.Errorf("it was not: %v", err)
	}
}

func TestChangeDeal_refusalsStandAtTheirFields(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	f.CRM.Set(func(c *fake.CRM) {
		c.Answer = fake.Failing("PATCH /leads/21", 400, "application/problem+json", `{"validation-errors":[{"request_id":"0","errors":[
			{"code":"InvalidType","path":"price","detail":"too large"},
			{"code":"NotSupportedChoice","path":"custom_fields_values.1.values.0.value","detail":"no"}]}],"title":"Bad Request","status":400}`)
	})
	price := "9 999 999 999 999"
	err := f.ChangeDeal(t.Context(), 21, Change{Price: &price, Fields: map[int64][]string{904: {"https://example.com"}, 901: {"71"}}})
	if d := cmp.Diff(map[string]string{"price": crm.KeyBadValue, "fields.904": crm.KeyBadChoice}, crmtest.ProblemMap(t, err)); d != "" {
		t.Error(d)
	}
}

func TestChangeDeal_tooManyRequestsIsTriedOnceMore(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	name, answers := "Lamp", []int{429, 200}
	sent := f.CRM.Patching(func(*fake.CRM, map[string]any) int {
		status := answers[0]
		answers = answers[1:]
		return status
	})
	if err := f.ChangeDeal(t.Context(), 21, Change{Name: &name}); err != nil || sent() != 2 {
		t.Errorf("sent %d times, %v", sent(), err)
	}
}
