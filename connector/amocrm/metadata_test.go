package amocrm

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
)

func TestAccount_timezoneAndFilter(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/account", 200, example(t, "account"))
	a, err := c.Account(t.Context())
	if err != nil || a.ID != 1231414 || a.Timezone != "Europe/Moscow" || !a.FilterEnabled || !a.LossReasons {
		t.Errorf("%+v, %v", a, err)
	}
	s.query(t, map[string][]string{"with": {"datetime_settings,is_api_filter_enabled,task_types"}})
	// Real accounts send date_format; the documentation's sample has it misspelt.
	for key, want := range map[string]string{"date_format": "m/d/Y", "date_formant": "m/d/Y", "format": ""} {
		on(mock, "GET", "/account", 200, `{"id":1,"_embedded":{"datetime_settings":{"`+key+`":"m/d/Y"}}}`)
		a, err := c.Account(t.Context())
		raw, merr := json.Marshal(a)
		var again Account
		if uerr := json.Unmarshal(raw, &again); err != nil || merr != nil || uerr != nil || a.DateFormat != want || again.DateFormat != want {
			t.Errorf("%s: %q, kept as %q, %v, %v, %v", key, a.DateFormat, again.DateFormat, err, merr, uerr)
		}
	}
	on(mock, "GET", "/account", 200, `{}`)
	if _, err := c.Account(t.Context()); !errors.Is(err, ErrUpstream) {
		t.Errorf("an answer without an account: %v", err)
	}
}

func TestUsers_needAnAdministrator(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/users", 403, `{"title":"Forbidden","status":403}`)
	if _, err := c.Users(t.Context()); !errors.Is(err, ErrForbidden) {
		t.Errorf("%v", err)
	}
}

func TestPipelines_sorted(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/leads/pipelines", 200, `{"_embedded":{"pipelines":[
		{"id":2,"sort":"20","_embedded":{"statuses":[{"id":143,"sort":11000},{"id":5,"sort":10,"type":1}]}},{"id":1,"sort":10,"_embedded":[]}]}}`)
	got, err := c.Pipelines(t.Context())
	if err != nil || got[0].ID != 1 || got[1].Statuses[0].ID != 5 || got[1].Statuses[0].Type != StatusTypeUnsorted {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLossReasons(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/leads/loss_reasons", 200, `{"_embedded":{"loss_reasons":[{"id":2,"name":"b","sort":2},{"id":1,"name":"a","sort":1}]}}`)
	got, err := c.LossReasons(t.Context())
	if err != nil || len(got) != 2 || got[0] != (LossReason{1, "a", 1}) {
		t.Errorf("%v, %v", got, err)
	}
	on(mock, "GET", "/leads/loss_reasons", 204, "")
	if got, err := c.LossReasons(t.Context()); err != nil || got != nil {
		t.Errorf("none: %v, %v", got, err)
	}
}

func TestFields_toTheLastPage(t *testing.T) {
	c, mock := setup(t)
	var pages []string
	mock.RegisterResponder("GET", "=~/api/v4/leads/custom_fields", func(r *http.Request) (*http.Response, error) {
		p := r.URL.Query().Get("page")
		pages = append(pages, p)
		switch p {
		case "":
			return httpmock.NewStringResponse(200, example(t, "custom-fields-list")), nil
		case "2":
			return httpmock.NewStringResponse(200, `{"_links":{"next":{"href":"`+testBase+`/api/v4/leads/custom_fields?page=3"}},
				"_embedded":{"custom_fields":[{"id":5,"type":"select","sort":1,"enums":[{"id":2,"value":"b","sort":2},{"id":1,"value":"a","sort":1}]}]}}`), nil
		}
		return httpmock.NewStringResponse(204, ""), nil
	})
	got, err := c.Fields(t.Context(), "leads")
	if err != nil || len(got) != 3 || len(pages) != 3 || got[0].ID != 5 || got[0].Enums[0].ID != 1 {
		t.Errorf("%+v, %v, pages %q", got, err, pages)
	}
	if len(got[1].RequiredStatuses) != 1 || got[2].RequiredStatuses != nil {
		t.Errorf("required statuses %+v", got)
	}
}
