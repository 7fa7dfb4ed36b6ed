package amocrm

import "testing"

func TestTasks_openOnesOfTheLead(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/tasks", 200, `{"_embedded":{"tasks":[
		{"id":1,"entity_id":7,"entity_type":"leads","text":"later","complete_till":30,"is_completed":false,"result":[]},
		{"id":2,"entity_id":7,"entity_type":"leads","text":"done","complete_till":5,"is_completed":true,"result":{"text":"x"}},
		{"id":3,"entity_id":8,"entity_type":"leads","text":"stranger","complete_till":1,"is_completed":false},
		{"id":4,"entity_id":7,"entity_type":"leads","text":"sooner","complete_till":"20","is_completed":false}]}}`)
	got, err := c.Tasks(t.Context(), 7)
	if err != nil || len(got) != 2 || got[0].ID != 4 || got[1].ID != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	s.query(t, map[string][]string{
		"filter[is_completed]": {"0"}, "filter[entity_type]": {"leads"}, "filter[entity_id][]": {"7"},
		"order[complete_till]": {"asc"}, "limit": {"250"},
	})
}
