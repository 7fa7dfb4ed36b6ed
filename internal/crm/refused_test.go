package crm

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
)

func TestRefused_mapsTheCRMsComplaints(t *testing.T) {
	sent := sentFields{{path: "fields.901"}, {path: "fields.906"}}
	err := Refused(&amocrm.Error{Kind: amocrm.KindInvalid, Validation: []amocrm.FieldError{
		{Code: "NotSupportedChoice", Path: "custom_fields_values.1.values.0.value", Detail: "not a valid choice"},
		{Code: "InvalidType", Path: "price", Detail: "should be int"},
		{Code: "NotSupportedChoice", Path: "price", Detail: "second complaint of one field"},
		{Code: "8f2a", Path: "weird", Detail: "strange"},
	}}, sent.formPath)
	e, ok := errors.AsType[*FieldErrors](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	want := []FieldError{
		{Path: "fields.906", Key: KeyBadChoice, Text: "not a valid choice"}, {Path: "price", Key: KeyBadValue, Text: "should be int"},
		{Path: "", Key: KeyFromTheCRM, Text: "strange"},
	}
	if d := cmp.Diff(want, e.Fields); d != "" {
		t.Error(d)
	}
	if !errors.Is(err, amocrm.ErrInvalid) {
		t.Error("the CRM's answer is lost")
	}
	bare := Refused(&amocrm.Error{Kind: amocrm.KindInvalid, Title: "Bad Request"}, sent.formPath)
	if d := cmp.Diff([]string{" error.crm_refused"}, problems(t, bare)); d != "" {
		t.Error(d)
	}
	down := &amocrm.Error{Kind: amocrm.KindUpstream}
	if got := Refused(down, sent.formPath); got != error(down) {
		t.Errorf("an outage became %v", got)
	}
}
