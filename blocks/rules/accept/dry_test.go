package accept

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/plan"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/oauth"
)

func TestDryRun_validSaysWhatWouldBeMade(t *testing.T) {
	price := money.Of(5)
	w := &work{trial: rules.Trial{
		Remarks:  []request.Problem{{Path: "fields.price", Code: "wrong_type", Detail: "must be a whole number", Remark: true, Given: "much"}},
		Warnings: []request.Problem{{Path: "fields.status_id", Code: "closed_stage", Detail: "closed"}},
		Would: &plan.Would{Contact: plan.Ref{ID: 7, Name: "Ann"}, Name: "Deal", Price: &price, Pipeline: plan.Ref{ID: 1, Name: "Sales"},
			Status: plan.Ref{ID: 142, Name: "Won"}, Fields: []plan.FilledField{{Ref: plan.Ref{ID: 5, Name: "Size"}, Values: []string{"M"}}},
			Tags: []string{"vip"}, Task: &plan.Task{Text: "Call", Due: time.Unix(1e9, 5)}, Comment: "c", IfOpenDeal: request.OpenDealCreate},
	}}
	got := call(t, ruleServer(t, w, false), "POST", "/api/freeCreateLead?dry_run=true&key="+goodKey, minimal)
	want := map[string]any{"dry_run": true, "valid": true, "problems": []any{},
		"remarks":  []any{map[string]any{"path": "fields.price", "code": "wrong_type", "detail": "must be a whole number", "given": "much"}},
		"warnings": []any{map[string]any{"path": "fields.status_id", "code": "closed_stage", "detail": "closed"}},
		"would": map[string]any{"contact": map[string]any{"id": 7.0, "name": "Ann", "found": true}, "if_open_deal": "create", "name": "Deal", "price": 5.0,
			"pipeline": map[string]any{"id": 1.0, "name": "Sales"}, "status": map[string]any{"id": 142.0, "name": "Won"},
			"fields": []any{map[string]any{"id": 5.0, "name": "Size", "values": []any{"M"}}}, "tags": []any{"vip"},
			"task": map[string]any{"text": "Call", "due_at": "2001-09-09T01:46:40Z"}, "comment": "c"}}
	if d := cmp.Diff(want, got.body); d != "" || got.Code != 200 || len(w.tried) != 1 || w.tried[0].TicketID != 101 || w.tenants[0] != "t1" {
		t.Errorf("%d %v\n%s", got.Code, w.tenants, d)
	}
	if len(w.accepted) != 0 {
		t.Error("stored all the same")
	}
}

func TestDryRun_refusals(t *testing.T) {
	mistake := rules.Trial{Problems: []request.Problem{{Path: "fields.pipeline", Code: "unknown_choice", Detail: "accepted: 1 (Sales)"}}}
	cases := []struct {
		name, query, body string
		work              work
		code              int
		says              string
	}{
		{name: "mistakes in the account", query: "dry_run=1&key=" + goodKey, body: minimal, work: work{trial: mistake}, code: 422, says: "accepted: 1 (Sales)"},
		{name: "mistakes in the body", query: "dry_run=true&key=" + goodKey, body: `{"ticketId":1,"fields":{"a":1}}`, code: 422, says: "fields.a"},
		{name: "stranger", query: "dry_run=true", body: minimal, code: 401, says: "trigger key"},
		{name: "nobody is logged in", query: "dry_run=true&key=" + goodKey, body: minimal, work: work{fail: fmt.Errorf("x: %w", oauth.ErrNoGrant)}, code: 409, says: "log in"},
		{name: "down", query: "dry_run=true&key=" + goodKey, body: minimal, work: work{fail: errors.New("dial 10.0.0.1")}, code: 503, says: "try again later"},
		{name: "perhaps", query: "dry_run=perhaps&key=" + goodKey, body: minimal, code: 400, says: "true or false"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := call(t, ruleServer(t, &c.work, false), "POST", "/api/freeCreateLead?"+c.query, c.body)
			if got.Code != c.code || !strings.Contains(got.Body.String(), c.says) || strings.Contains(got.Body.String(), "10.0.0.1") || len(c.work.accepted) > 0 {
				t.Errorf("%d %s, stored %v", got.Code, got.Body, c.work.accepted)
			}
		})
	}
	w := &work{}
	if got := call(t, ruleServer(t, w, false), "POST", "/api/freeCreateLead?dry_run=false&key="+goodKey, minimal); got.Code != 202 || len(w.tried) > 0 {
		t.Errorf("dry_run=false: %d", got.Code)
	}
}

func TestProblems_comeInTheCallersLanguage(t *testing.T) {
	e := ruleServer(t, &work{}, false)
	const body = `{"ticketId":1,"strict":true,"fields":{"price":-1}}`
	for name, c := range map[string]struct {
		query  string
		header []string
		says   string
	}{
		"nothing said":        {"", nil, `"detail":"must be 0 or more"`},
		"header":              {"", []string{"Accept-Language", "ru-RU,en;q=0.5"}, `"detail":"должно быть 0 или больше"`},
		"query before header": {"&lang=es", []string{"Accept-Language", "ru"}, `"detail":"debe ser 0 o más"`},
		"title":               {"&lang=pt", nil, `"title":"A regra não pode ser executada como está"`},
		"unknown":             {"&lang=xx", nil, `"detail":"must be 0 or more"`},
		"unknown with header": {"&lang=xx", []string{"Accept-Language", "ru"}, `"detail":"должно быть 0 или больше"`},
	} {
		got := call(t, e, "POST", "/api/freeCreateLead?key="+goodKey+c.query, body, c.header...)
		if got.Code != 422 || !strings.Contains(got.Body.String(), c.says) || !strings.Contains(got.Body.String(), `"code":"out_of_range"`) {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
}
