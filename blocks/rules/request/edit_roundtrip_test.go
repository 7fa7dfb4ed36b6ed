package request

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Who edits a job gets the request as it is stored, and what he sends is read as a rule's body is.
func TestEdit_storedRequestIsReadBackAsItIs(t *testing.T) {
	want := Request{AmoClientID: "id", TicketID: 7, Comment: "c", UseMapping: true, Tags: []string{"a", "b"}, Company: "Co",
		Task: &TaskRequest{Text: "call", DueIn: "4h"}, IfOpenDeal: OpenDealAttach,
		Fields: LeadFields{Name: "n", Price: "5", StatusID: 1, PipelineID: 2, ResponsibleID: 3, Pipeline: "P", Status: "S", Responsible: "R",
			Custom: []CustomField{
				{FieldID: 9, Values: []CustomValue{{Value: json.RawMessage(`"x"`)}, {EnumID: 4}}},
				{FieldCode: "UTM", Values: []CustomValue{{EnumCode: "E"}}},
				{FieldName: "Wishes", Values: []CustomValue{{Value: json.RawMessage(`5`)}}},
			}}}
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Bind(jsonType, raw)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Request{}, LeadFields{}, CustomField{})); d != "" {
		t.Errorf("%s\n%s", d, raw)
	}
}
