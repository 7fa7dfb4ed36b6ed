package rules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/connector/usedesk"
	"github.com/sidecard/sidecard/internal/crm"
	oauth "github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

func TestJudge_waitingHoldingAndFailing(t *testing.T) {
	now := time.Now()
	fresh := Entry{CreatedAt: now.Add(-time.Hour), Attempts: 1}
	crm := func(k amocrm.Kind) error { return fmt.Errorf("x: %w", &amocrm.Error{Kind: k}) }
	desk := func(k usedesk.Kind) error { return fmt.Errorf("x: %w", &usedesk.Error{Kind: k}) }
	cases := []struct {
		name  string
		err   error
		entry Entry
		state ledger.State
		tried bool
		wide  bool
	}{
		{"never connected", oauth.ErrNoGrant, fresh, ledger.StateHeld, false, true},
		{"grant lost", fmt.Errorf("x: %w", oauth.ErrGrantLost{Why: "revoked"}), fresh, ledger.StateHeld, false, true},
		{"login refused for now", fmt.Errorf("x: %w", &oauth.RefusedError{Why: "no reason given"}), fresh, ledger.StateAccepted, false, true},
		{"limited", crm(amocrm.KindLimited), fresh, ledger.StateAccepted, false, true},
		{"our own limiter is full", fmt.Errorf("x: %w", &store.Busy{Wait: time.Minute}), fresh, ledger.StateAccepted, false, true},
		{"payment", crm(amocrm.KindPayment), fresh, ledger.StateAccepted, false, true},
		{"blocked", crm(amocrm.KindBlocked), fresh, ledger.StateAccepted, false, true},
		{"down", crm(amocrm.KindUpstream), fresh, ledger.StateAccepted, false, true},
		{"network", crm(amocrm.KindNetwork), fresh, ledger.StateAccepted, false, true},
		{"no right", crm(amocrm.KindForbidden), fresh, ledger.StateFailed, false, false},
		{"outcome unknown", &lookAgain{after: time.Second}, fresh, ledger.StateAccepted, false, false},
		{"desk refuses", desk(usedesk.KindRefused), fresh, ledger.StateAccepted, false, true},
		{"desk down", desk(usedesk.KindUpstream), fresh, ledger.StateAccepted, false, true},
		{"desk says no", desk(usedesk.KindInvalid), fresh, ledger.StateFailed, false, false},
		{"no desk token", errNoDeskToken, fresh, ledger.StateAccepted, false, true},
		{"tenant gone", tenant.ErrNotFound, fresh, ledger.StateFailed, false, false},
		{"our own storage is full", fmt.Errorf("x: %w", &store.Trouble{Why: "full", Err: errors.New("OOM")}), fresh, ledger.StateAccepted, false, true},
		{"restart", context.Canceled, fresh, ledger.StateAccepted, false, true},
		{"not foreseen", errors.New("boom at 10.0.0.1"), fresh, ledger.StateAccepted, true, false},
		{"not foreseen ten times", errors.New("boom"), Entry{CreatedAt: now, Attempts: 10}, ledger.StateFailed, false, false},
		{"waited for a week", desk(usedesk.KindRefused), Entry{CreatedAt: now.Add(-8 * 24 * time.Hour)}, ledger.StateFailed, false, false},
		{"held for a week", oauth.ErrNoGrant, Entry{CreatedAt: now.Add(-8 * 24 * time.Hour)}, ledger.StateHeld, false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := judge(c.err, c.entry, now)
			if v.State != c.state || v.Tried != c.tried || v.wide != c.wide || v.Why == "" || strings.Contains(English(v.Why), "10.0.0.1") {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestJudge_waitsAsLongAsTheCRMAsks(t *testing.T) {
	if v := judge(&store.Busy{Wait: time.Minute}, Entry{CreatedAt: time.Now()}, time.Now()); v.After < time.Minute || v.Why != whySlow {
		t.Errorf("a full limiter gives %+v, want to wait as long as it says", v)
	}
	v := judge(&amocrm.Error{Kind: amocrm.KindLimited, RetryAfter: 300}, Entry{CreatedAt: time.Now()}, time.Now())
	if v.After != 300*time.Second {
		t.Errorf("waits %s", v.After)
	}
}

// A call of the CRM needs a slot from Redis first.
func TestJudge_ourOwnStorageIsNotTakenForTheCRM(t *testing.T) {
	down := &store.Trouble{Why: "not reachable", Err: syscall.ECONNREFUSED}
	v := judge(fmt.Errorf("%w: %w", &amocrm.Error{Kind: amocrm.KindNetwork}, down), Entry{CreatedAt: time.Now()}, time.Now())
	if v.State != ledger.StateAccepted || strings.Contains(English(v.Why), "amoCRM") {
		t.Errorf("%+v", v)
	}
}

func TestBackoff_growsToItsLimit(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 2 * time.Second, 3: 16 * time.Second, 50: time.Minute} {
		for range 50 {
			if d := backoff(n, 2*time.Second, time.Minute); d < want*3/4 || d > want*5/4 {
				t.Errorf("after %d: %s, want about %s", n, d, want)
			}
		}
	}
}

func TestSent_pathOfTheRule(t *testing.T) {
	s := sent{{index: 2, values: []int{1, 3}}}
	for crm, want := range map[string]string{
		"status_id":                                                  "fields.status_id",
		"custom_fields_values":                                       "fields.custom_fields_values",
		"custom_fields_values.0.field_id":                            "fields.custom_fields_values[2].field_id",
		"custom_fields_values.0.values.1.value":                      "fields.custom_fields_values[2].values[3].value",
		"custom_fields_values.7.values.9.value":                      "fields.custom_fields_values[7].values[9].value",
		"_embedded.contacts.0.responsible_user_id":                   "contact.responsible_user_id",
		"_embedded.contacts.0.custom_fields_values.1.values.0.value": "contact.custom_fields_values[1].values[0].value",
	} {
		if got := s.path(crm); got != want {
			t.Errorf("%s leads to %s, want %s", crm, got, want)
		}
	}
}

func vocabulary() crm.Meta {
	return crm.Meta{
		At:    time.Now(),
		Users: []amocrm.User{{ID: 1, Name: "Ann", IsActive: true}, {ID: 2, Name: "Gone"}},
		Pipelines: []amocrm.Pipeline{
			{ID: 10, Name: "Sales", Statuses: []amocrm.Status{{ID: 100, Name: "New"}, {ID: 142, Name: "Won"}}},
			{ID: 20, Name: "Support", Statuses: []amocrm.Status{{ID: 200, Name: "Open"}, {ID: 142, Name: "Won"}}}},
		LeadFields: []amocrm.Field{
			{ID: 5, Name: "Size", Type: "select", Enums: []amocrm.Enum{{ID: 50, Value: "S"}, {ID: 51, Value: "M"}}},
			{ID: 6, Name: "When", Type: "date"}, {ID: 7, Name: "Odd", Type: "hologram"}, {ID: 8, Name: "Code", Code: "UTM", Type: "text"}},
	}
}

func TestCheck_namesWhatTheAccountLacksAndWhatItHas(t *testing.T) {
	one := func(c CustomField) LeadFields { return LeadFields{Custom: []CustomField{c}} }
	text := func(s string) []CustomValue { return []CustomValue{{Value: []byte(s)}} }
	cases := []struct {
		name   string
		fields LeadFields
		want   string // path code, and a part of the detail
	}{
		{"all known", LeadFields{PipelineID: 10, StatusID: 100, ResponsibleID: 1}, ""},
		{"nothing given", LeadFields{}, ""},
		{"pipeline", LeadFields{PipelineID: 30, StatusID: 100}, "fields.pipeline_id unknown_choice: 10 (Sales), 20 (Support)"},
		{"stage of another pipeline", LeadFields{PipelineID: 10, StatusID: 200}, "fields.status_id unknown_choice: 100 (New), 142 (Won)"},
		{"stage alone", LeadFields{StatusID: 200}, ""},
		{"unknown stage alone", LeadFields{StatusID: 5}, "fields.status_id unknown_choice: 10 (Sales)"},
		{"user", LeadFields{ResponsibleID: 3}, "fields.responsible_user_id unknown_choice: 1 (Ann)"},
		{"field", one(CustomField{FieldID: 99, Values: text(`"x"`)}), "fields.custom_fields_values[0].field_id unknown_choice: 5 (Size), 6 (When)"},
		{"field code", one(CustomField{FieldCode: "NONE", Values: text(`"x"`)}), "fields.custom_fields_values[0].field_code unknown_choice"},
		{"known field code", one(CustomField{FieldCode: "utm", Values: text(`"x"`)}), ""},
		{"choice", one(CustomField{FieldID: 5, Values: []CustomValue{{EnumID: 52}}}),
			"fields.custom_fields_values[0].values[0].enum_id unknown_choice: 50 (S), 51 (M)"},
		{"known choice", one(CustomField{FieldID: 5, Values: []CustomValue{{EnumID: 50}}}), ""},
		{"no date", one(CustomField{FieldID: 6, Values: text(`"soon"`)}), "fields.custom_fields_values[0].values[0].value wrong_type"},
		{"date", one(CustomField{FieldID: 6, Values: text(`"1577836800"`)}), ""},
		{"type that we don't know", one(CustomField{FieldID: 7, Values: text(`"x"`)}), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range check(Request{TicketID: 1, Fields: c.fields}, vocabulary()) {
				got = append(got, p.Path+" "+p.Code+" "+p.Detail)
			}
			head, part, _ := strings.Cut(c.want, ": ")
			switch {
			case c.want == "":
				if d := cmp.Diff([]string(nil), got); d != "" {
					t.Error(d)
				}
			case len(got) != 1 || !strings.HasPrefix(got[0], head) || !strings.Contains(got[0], part):
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
