package amocrm

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLeads_filterWithDetails(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/leads", 200, example(t, "leads-list"))
	got, err := c.Leads(t.Context(), []ID{14460, 19619})
	if err != nil || len(got) != 2 || got[0].ID != 14460 || got[1].Price != 46333 {
		t.Errorf("%v, %v", got, err)
	}
	s.query(t, map[string][]string{"filter[id][]": {"14460", "19619"}, "with": {"contacts,loss_reason"}, "limit": {"250"}})
	if _, err := c.Leads(t.Context(), []ID{14460}); !errors.Is(err, ErrFilterOff) {
		t.Errorf("ignored filter: %v", err)
	}
}

func TestLead_oneOrNone(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/leads/3912171", 200, example(t, "lead-by-id-with-all"))
	on(mock, "GET", "/leads/4", 204, "")
	l, err := c.Lead(t.Context(), 3912171)
	if err != nil || l.LossReason() != "Пропала потребность" || l.StatusID != StatusLost {
		t.Errorf("%+v, %v", l, err)
	}
	s.query(t, map[string][]string{"with": {"contacts,loss_reason"}})
	if _, err := c.Lead(t.Context(), 4); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
}

func TestNewestLeads_order(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/leads", 200, example(t, "leads-list"))
	if got, err := c.NewestLeads(t.Context(), 30); err != nil || len(got) != 2 || len(s.reqs) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	s.query(t, map[string][]string{"order[created_at]": {"desc"}, "with": {"contacts"}, "limit": {"30"}})
}

func TestCreateLeads_priceZeroIsSent(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/leads", 200, example(t, "leads-create-response"))
	made, err := c.CreateLeads(t.Context(), []LeadInput{{Name: "A", Price: "0", PipelineID: 1, StatusID: 2}, {Name: "B"}})
	if err != nil || made[1].ID != 10185153 {
		t.Errorf("%v, %v", made, err)
	}
	s.body(t, `[{"name":"A","price":0,"pipeline_id":1,"status_id":2},{"name":"B"}]`)
}

func TestCreateComplex_bareArrayContactsAndCompanies(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/leads/complex", 200, example(t, "leads-complex-response"))
	made, err := c.CreateComplex(t.Context(), []LeadInput{
		{Name: "A", Embedded: &LeadLinks{Contacts: []ContactInput{{ID: 9}}, Companies: []CompanyInput{{ID: 8}}}},
		{Name: "B", RequestID: "r", Embedded: &LeadLinks{Contacts: []ContactInput{{FirstName: "C"}}, Companies: []CompanyInput{{Name: "D"}}}},
	})
	want := []ComplexResult{
		{15198335, 19663157, 19663155, []string{"qweasd"}, false}, {15198337, 19663161, 19663159, []string{"uns_qweasd"}, false},
	}
	if diff := cmp.Diff(want, made); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	s.body(t, `[{"name":"A","_embedded":{"contacts":[{"id":9}],"companies":[{"id":8}]}},
		{"name":"B","request_id":"r","_embedded":{"contacts":[{"first_name":"C"}],"companies":[{"name":"D"}]}}]`)
}

func TestCreateComplex_bounds(t *testing.T) {
	c, mock := setup(t)
	if _, err := c.CreateComplex(t.Context(), make([]LeadInput, 51)); !errors.Is(err, ErrInvalid) {
		t.Errorf("51 leads: %v", err)
	}
	if made, err := c.CreateComplex(t.Context(), nil); err != nil || made != nil || mock.GetTotalCallCount() != 0 {
		t.Errorf("no leads: %v, %v", made, err)
	}
}

func TestCreateComplex_refusedNamesTheItem(t *testing.T) {
	c, mock := setup(t)
	on(mock, "POST", "/leads/complex", 400, example(t, "error-validation-complex"))
	_, err := c.CreateComplex(t.Context(), []LeadInput{{RequestID: "qweasd"}})
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, ErrInvalid) || e.Op != "POST /leads/complex" || e.RequestID != "req-1" || e.Validation[0].RequestID != "qweasd" {
		t.Errorf("%+v", err)
	}
}

func TestUpdateLead_neverSendsEmbeddedContacts(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "PATCH", "/leads/167353", 200, example(t, "lead-update-one-response-single"))
	in := LeadInput{ID: 167353, StatusID: StatusWon, PipelineID: 7, Embedded: &LeadLinks{Contacts: []ContactInput{{ID: 1}}}}
	if err := c.UpdateLead(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	s.body(t, `{"status_id":142,"pipeline_id":7}`)
	if in.ID != 167353 || in.Embedded == nil {
		t.Error("the caller's value was changed")
	}
	if err := c.UpdateLead(t.Context(), LeadInput{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("without id: %v", err)
	}
}

func TestUpdateLead_lossReasonRefused(t *testing.T) {
	c, mock := setup(t)
	on(mock, "PATCH", "/leads/11062353", 400, example(t, "error-400-loss-reason-map"))
	err := c.UpdateLead(t.Context(), LeadInput{ID: 11062353, LossReasonID: 1})
	if e, ok := errors.AsType[*Error](err); !ok || len(e.Validation) != 1 || e.Validation[0].Detail == "" {
		t.Errorf("%v", err)
	}
}

func TestLead_hasCentsWhereTheAccountKeepsThem(t *testing.T) {
	for body, want := range map[string]Lead{
		`{"id":1,"price":300}`:                                       {ID: 1, Price: 300},
		`{"id":1,"price":300,"price_with_minor_units":300.99}`:       {ID: 1, Price: 300.99, WithCents: "300.99"},
		`{"id":1,"price":"300","price_with_minor_units":"300.99"}`:   {ID: 1, Price: 300.99, WithCents: "300.99"},
		`{"id":1,"price_with_minor_units":0.1}`:                      {ID: 1, Price: 0.1, WithCents: "0.1"},
		`{"id":1,"price":0,"price_with_minor_units":0}`:              {ID: 1, WithCents: "0"},
		`{"id":1,"price":400,"price_with_minor_units":null}`:         {ID: 1, Price: 400},
		`{"id":1,"price":400,"price_with_minor_units":""}`:           {ID: 1, Price: 400},
		`{"id":1,"price":1500.5,"custom_fields_values":null,"x":[]}`: {ID: 1, Price: 1500.5},
	} {
		var got, kept Lead
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
		raw, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &kept); err != nil || kept.Price != got.Price || kept.KeepsCents() != got.KeepsCents() {
			t.Errorf("%s comes out of the cache as %+v, %v", body, kept, err)
		}
	}
}

func TestCreateLeads_centsGoInThePrice(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/leads", 200, example(t, "leads-create-response"))
	if _, err := c.CreateLeads(t.Context(), []LeadInput{{Name: "A", Price: "1500.5"}, {Name: "B"}}); err != nil {
		t.Error(err)
	}
	s.body(t, `[{"name":"A","price":1500.5},{"name":"B"}]`)
}
