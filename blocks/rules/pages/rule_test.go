package pages

import (
	"encoding/json"
	"testing"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/tenant"
)

func TestRuleJSON_namesWhatExistsAndHidesTheKeyFromAddresses(t *testing.T) {
	meta := crm.Meta{
		Users: []amoapi.User{{ID: 1, IsActive: false}, {ID: 2, IsActive: true, IsFree: true}, {ID: 3, IsActive: true}},
		Pipelines: []amoapi.Pipeline{
			{ID: 10, Statuses: []amoapi.Status{{ID: 11}}},
			{ID: 20, IsMain: true, Statuses: []amoapi.Status{{ID: 21, Type: amoapi.StatusTypeUnsorted}, {ID: 22}}},
		},
	}
	text, err := ruleJSON("https://sidecard.example.com", tenant.Tenant{TriggerKey: "sk_x&y", IntegrationID: "id-1"}, "Deal <1>", meta)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		URL  string
		Data struct {
			Key, AmoClientID, TicketID string
			Fields                     map[string]any
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.URL != "https://sidecard.example.com/api/freeCreateLead" || got.Data.Key != "sk_x&y" || got.Data.TicketID != "{{ticket_id}}" {
		t.Errorf("wrong address, key or ticket:\n%s", text)
	}
	for name, want := range map[string]any{"name": "Deal <1>", "pipeline_id": 20.0, "status_id": 22.0, "responsible_user_id": 3.0} {
		if got.Data.Fields[name] != want {
			t.Errorf("%s is %v, want %v", name, got.Data.Fields[name], want)
		}
	}
}
