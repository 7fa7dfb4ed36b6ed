package rules

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/body"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

func TestDryRun_saysWhatWouldBeMadeAndMakesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "+79990000001")
	contact := h.crm.addContact("Ann of amoCRM", "+79990000001")
	price := money.Of(5)
	r := request.Request{TicketID: 101, Comment: "for {{client.name}}", Tags: []string{"vip"}, Company: "C", Task: &request.TaskRequest{Text: "Call"},
		IfOpenDeal: request.OpenDealSkip, UseMapping: true,
		Fields: request.LeadFields{Name: "Ticket {{ticket.id}}", Price: "5", Pipeline: "Sales", Responsible: "agent", Custom: []request.CustomField{
			{FieldName: "many", Values: value(`"b"`, `"C"`)}, {FieldName: "When", Values: value(`"2026-05-01"`)},
		}}}
	if _, err := h.dir.Update(t.Context(), h.tenant.ID, func(tn *tenant.Tenant) error {
		tn.Settings.Mapping = []tenant.FieldMap{{From: "client.name", Entity: fields.EntityLead, FieldID: 1025541}}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	got, err := h.DryRun(t.Context(), h.tenant, r)
	if err != nil || got.Would == nil || len(got.Problems)+len(got.Warnings) > 0 {
		t.Fatalf("%v %+v", err, got)
	}
	if due := time.Until(got.Would.Task.Due); due < 23*time.Hour || due > 25*time.Hour {
		t.Errorf("due in %s", due)
	}
	got.Would.Task.Due = time.Time{}
	want := plan.Would{Contact: plan.Ref{ID: contact, Name: "Ann of amoCRM"}, Name: "Ticket 101", Price: &price, Pipeline: plan.Ref{ID: 6516490, Name: "Sales"},
		Status: plan.Ref{ID: 55524250, Name: "New"}, Responsible: plan.Ref{ID: 9311182, Name: "Agent"}, Tags: []string{"vip"}, Company: "C", Task: &plan.Task{Text: "Call"},
		Comment: "for Ann", IfOpenDeal: request.OpenDealSkip, Fields: []plan.FilledField{
			{Ref: plan.Ref{ID: 1372539, Name: "Many"}, Values: []string{"705381 (B)", "705385 (C)"}}, {Ref: plan.Ref{ID: 20, Name: "When"}, Values: []string{"2026-05-01"}},
			{Ref: plan.Ref{ID: 1025541, Name: "Text"}, Values: []string{"Ann"}},
		}}
	if d := cmp.Diff(want, *got.Would); d != "" {
		t.Error(d)
	}
	counts, err := h.deps.Ledger.Counts(t.Context(), h.tenant.ID)
	leads, notes, contacts := h.crm.snapshot()
	if err != nil || counts != (ledger.Counts{}) || len(leads)+len(notes) > 0 || len(contacts) != 1 {
		t.Errorf("something was made or stored: %v %+v %v %v %v", err, counts, leads, notes, contacts)
	}
}

func TestDryRun_namesEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bad := request.Request{TicketID: 5, Fields: request.LeadFields{Pipeline: "Slaes", Custom: []request.CustomField{{FieldID: 20, Values: value(`"soon"`)}}}}
	if _, err := h.DryRun(t.Context(), h.tenant, bad); !errors.Is(err, oauth.ErrNeedsLogin) {
		t.Errorf("without a login: %v", err)
	}
	h.login()
	paths := func(r request.Request) (out []string) {
		t.Helper()
		got, err := h.DryRun(t.Context(), h.tenant, r)
		if err != nil || (got.Would == nil) != (len(got.Problems) > 0) {
			t.Fatalf("%v %+v", err, got)
		}
		for mark, list := range map[string][]request.Problem{"": got.Problems, "~": got.Remarks, "?": got.Warnings} {
			for _, p := range list {
				out = append(out, mark+p.Path+" "+p.Key)
			}
		}
		slices.Sort(out)
		return out
	}
	want := []string{"ticketId ticket_unknown", "~fields.custom_fields_values[0].values[0].value field_takes_date", "~fields.pipeline no_pipeline"}
	if d := cmp.Diff(want, paths(bad)); d != "" {
		t.Error(d)
	}
	h.desk.add(5, 55, "Ann", "")
	filled := request.Request{TicketID: 5, Fields: request.LeadFields{Custom: []request.CustomField{{FieldID: 20, Values: value(`"{{client.name}}"`)}}}}
	if d := cmp.Diff([]string{"~fields.custom_fields_values[0].values[0].value field_takes_date"}, paths(filled)); d != "" {
		t.Errorf("a value that only the ticket shows to be wrong: %s", d)
	}
	unfilled := request.Request{TicketID: 5, Comment: "From {{client_name}}"}
	if d := cmp.Diff([]string{"?comment no_template"}, paths(unfilled)); d != "" {
		t.Errorf("a variable that the helpdesk does not know, which a real firing leaves as it is: %s", d)
	}
	strict := filled
	strict.Strict = true
	if d := cmp.Diff([]string{"fields.custom_fields_values[0].values[0].value field_takes_date"}, paths(strict)); d != "" {
		t.Errorf("a strict rule stops for it: %s", d)
	}
	h.desk.add(6, 0, "", "")
	if d := cmp.Diff([]string{"ticketId ticket_clientless"}, paths(request.Request{TicketID: 6})); d != "" {
		t.Error(d)
	}
	h.desk.fail(&usedesk.Error{Kind: usedesk.KindUpstream})
	if _, err := h.DryRun(t.Context(), h.tenant, filled); !errors.Is(err, usedesk.ErrUpstream) {
		t.Errorf("the helpdesk is down: %v", err)
	}
	h.tenant.DeskToken = ""
	if d := cmp.Diff([]string{"ticketId no_desk_token"}, paths(request.Request{TicketID: 6})); d != "" {
		t.Error(d)
	}
}

func TestTryRule_isForTheTicketAndTheTenantAtHandOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "")
	h.desk.add(102, 56, "Somebody else", "")
	try := func(rule string) (Trial, error) { return h.TryRule(t.Context(), h.tenant.ID, 101, rule) }
	for _, rule := range []string{
		`{"url":"x","data":{"key":"` + h.tenant.TriggerKey + `","ticketId":"{{ticket_id}}","fields":{"name":"{{client.name}} {{ticket_id}}"}},"headers":[]}`,
		`{"ticketId":102,"fields":{"name":"{{client.name}} {{ticket_id}}"}}`,
	} {
		got, err := try(rule)
		if err != nil || got.Would == nil || got.Would.Name != "Ann 101" {
			t.Errorf("%v %+v", err, got)
		}
	}
	got, err := try(`{"key":"sk_other","ticketId":1,"fields":{"x":1}}`)
	if err != nil || len(got.Problems) != 2 || got.Problems[0].Key != "foreign_key" || got.Problems[1].Key != "unknown_key" {
		t.Errorf("%v %+v", err, got)
	}
	var broken *body.SyntaxError
	if _, err := try("{"); !errors.As(err, &broken) {
		t.Errorf("%v", err)
	}
	for rule, want := range map[string]string{
		`{"ticketId": "{{ticket_id}}", ?}`: "line 1, column 31: ", `{"ticketId": {{ticket_id}}, ?}`: "line 1, column 29: ",
		"{\"ticketId\": \"{{ticket_id}}\", // note\n\"comment\": \"one\ntwo\", ?}": "line 3, column 7: ",
	} {
		if _, err := try(rule); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", rule, err, want)
		}
	}
	if _, err := h.TryRule(t.Context(), "nobody", 101, "{}"); !errors.Is(err, tenant.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// The published example is what people paste first: it has comments, one of them broken over two lines.
func TestTryRule_takesThePublishedExampleAsItIsPasted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login()
	h.desk.add(101, 55, "Ann", "")
	raw, err := os.ReadFile(filepath.Join("..", "..", "testdata", "usedesk", "freecreatelead.as-published.txt"))
	if err != nil {
		t.Fatal(err)
	}
	rule := strings.ReplaceAll(string(raw), "1ff6828b-c10c-43f8-98d0-370001e85b6c", h.tenant.IntegrationID)
	got, err := h.TryRule(t.Context(), h.tenant.ID, 101, strings.ReplaceAll(rule, "\n", "\r\n"))
	if err != nil || got.Would == nil || got.Would.Name != "gg" || len(got.Would.Fields) != 3 || got.Would.Comment != "4444" {
		t.Errorf("%v %+v", err, got)
	}
}

func value(raw ...string) (out []request.CustomValue) {
	for _, s := range raw {
		out = append(out, request.CustomValue{Value: json.RawMessage(s)})
	}
	return out
}
