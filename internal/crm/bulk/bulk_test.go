package bulk

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/once"
)

func TestOutcome_onlyWhatSurelyWasNotDoneMayBeSentAgain(t *testing.T) {
	for kind, want := range map[amocrm.Kind]once.Outcome{
		amocrm.KindInvalid: once.Refused, amocrm.KindNotFound: once.Refused,
		amocrm.KindUnknownOutcome: once.Unknown, amocrm.KindUpstream: once.Unknown,
		amocrm.KindNetwork: once.NotDone, amocrm.KindLimited: once.NotDone, amocrm.KindForbidden: once.NotDone,
	} {
		if got, mine := Outcome(fmt.Errorf("make deals: %w", &amocrm.Error{Kind: kind}), "a"); got != want || mine != nil {
			t.Errorf("%s: %v, %v", kind, got, mine)
		}
	}
	if got, _ := Outcome(errors.New("no slot"), "a"); got != once.NotDone {
		t.Errorf("an error of ours: %v", got)
	}
}

func TestOutcome_aRefusalNamesItsItems(t *testing.T) {
	err := &amocrm.Error{Kind: amocrm.KindInvalid, Validation: []amocrm.FieldError{{RequestID: "a", Path: "name"}, {RequestID: "b", Path: "price"}}}
	for key, path := range map[string]string{"a": "name", "b": "price", "c": ""} {
		_, mine := Outcome(err, key)
		answer, ok := crm.AnswerOf(mine)
		if path == "" {
			if mine != nil {
				t.Errorf("%s: %v", key, mine)
			}
			continue
		}
		if !ok || len(answer.Mistakes) != 1 || answer.Mistakes[0].Path != path || answer.Mistakes[0].Key != key {
			t.Errorf("%s: %+v", key, answer)
		}
	}
	if len(err.Validation) != 2 {
		t.Error("the error itself was changed")
	}
}

// What unfinished writes would make is stored by it, also by earlier versions.
func TestContent_isTheDealAsItIsSentWithoutWhoseItIs(t *testing.T) {
	d := Deal{Key: "k", Name: "n", Price: "5", StatusID: 1, PipelineID: 2, ResponsibleID: 3, Tags: []string{"t"},
		Fields: []crm.FieldInput{{FieldID: 4, Values: []crm.ValueInput{{Value: "v"}}}}, Contact: Contact{ID: 9}, CompanyID: 8}
	const want = `{"name":"n","price":5,"status_id":1,"pipeline_id":2,"responsible_user_id":3,` +
		`"custom_fields_values":[{"field_id":4,"values":[{"value":"v"}]}],"tags_to_add":[{"name":"t"}]}`
	if got, err := d.Content(); err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
}
