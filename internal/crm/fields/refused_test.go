package fields

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

func TestRefused_mapsTheCRMsComplaints(t *testing.T) {
	sent := Sent{{Path: "fields.901"}, {Path: "fields.906"}}
	err := crm.Refused(&amocrm.Error{Kind: amocrm.KindInvalid, Validation: []amocrm.FieldError{
		{Code: "NotSupportedChoice", Path: "custom_fields_values.1.values.0.value", Detail: "not a valid choice"},
		{Code: "InvalidType", Path: "price", Detail: "should be int"},
		{Code: "NotSupportedChoice", Path: "price", Detail: "second complaint of one field"},
		{Code: "8f2a", Path: "weird", Detail: "strange"},
	}}, sent.FormPath)
	e, ok := errors.AsType[*crm.FieldErrors](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	want := []crm.FieldError{
		{Path: "fields.906", Key: crm.KeyBadChoice, Text: "not a valid choice"}, {Path: "price", Key: crm.KeyBadValue, Text: "should be int"},
		{Path: "", Key: crm.KeyFromTheCRM, Text: "strange"},
	}
	if d := cmp.Diff(want, e.Fields); d != "" {
		t.Error(d)
	}
	if !errors.Is(err, amocrm.ErrInvalid) {
		t.Error("the CRM's answer is lost")
	}
	bare := crm.Refused(&amocrm.Error{Kind: amocrm.KindInvalid, Title: "Bad Request"}, sent.FormPath)
	if d := cmp.Diff([]string{" error.crm_refused"}, crmtest.Problems(t, bare)); d != "" {
		t.Error(d)
	}
	down := &amocrm.Error{Kind: amocrm.KindUpstream}
	if got := crm.Refused(down, sent.FormPath); got != error(down) {
		t.Errorf("an outage became %v", got)
	}
}
