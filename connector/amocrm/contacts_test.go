package amocrm

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSearchContacts_onePageWithLeads(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/contacts", 200, example(t, "contacts-list"))
	found, _, err := c.SearchContacts(t.Context(), " 9990001122 ", 1, 1000)
	if err != nil || len(found) != 2 || found[0].ID != 7143599 {
		t.Errorf("%v, %v", found, err)
	}
	s.query(t, map[string][]string{"query": {"9990001122"}, "with": {"leads"}, "limit": {"250"}})
	if len(s.reqs) != 1 {
		t.Errorf("%d requests for one page", len(s.reqs))
	}
}

func TestSearchContacts_emptyQueryIsNeverSent(t *testing.T) {
	c, mock := setup(t)
	for _, q := range []string{"", "  \t"} {
		if _, _, err := c.SearchContacts(t.Context(), q, 1, 10); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", q, err)
		}
	}
	if mock.GetTotalCallCount() != 0 {
		t.Error("a search for everything went out")
	}
}

func TestSearchContacts_nothingFoundIsNoError(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/contacts", 204, "")
	if found, _, err := c.SearchContacts(t.Context(), "x", 1, 0); err != nil || found != nil {
		t.Errorf("%v, %v", found, err)
	}
}

func TestContact_missing(t *testing.T) {
	for status, body := range map[int]string{204: "", 404: `{"title":"Not Found"}`} {
		c, mock := setup(t)
		s := on(mock, "GET", "/contacts/5", status, body)
		_, err := c.Contact(t.Context(), 5)
		if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrNotFound) || e.Op != "GET /contacts/{id}" {
			t.Errorf("%d: %v", status, err)
		}
		s.query(t, map[string][]string{"with": {"leads"}})
	}
	c, _ := setup(t)
	if _, err := c.Contact(t.Context(), 0); !errors.Is(err, ErrInvalid) {
		t.Errorf("id 0: %v", err)
	}
}

func TestCompanies_manyIDsInSeveralCalls(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/companies", 204, "")
	ids := make([]ID, 201)
	for i := range ids {
		ids[i] = ID(i + 1)
	}
	if got, err := c.Companies(t.Context(), ids); err != nil || got != nil || len(s.reqs) != 3 {
		t.Errorf("%v, %v in %d calls", got, err, len(s.reqs))
	}
	if n := len(s.reqs[2].URL.Query()["filter[id][]"]); n != 1 {
		t.Errorf("the last call asks for %d", n)
	}
}

func TestCreateContacts_sendsOnlyWhatIsSet(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/contacts", 200, example(t, "contacts-create-response"))
	phone := FieldInput{FieldCode: "PHONE", Values: []ValueInput{{Value: "+79990000000", EnumCode: "WORK"}}}
	made, err := c.CreateContacts(t.Context(), []ContactInput{{Name: "A", Fields: []FieldInput{phone}, RequestID: "0"}, {FirstName: "B", TagsToAdd: []TagInput{{"t"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Created{{40401635, "0"}, {40401636, "1"}}, made); diff != "" {
		t.Error(diff)
	}
	s.body(t, `[{"name":"A","custom_fields_values":[{"field_code":"PHONE","values":[{"value":"+79990000000","enum_code":"WORK"}]}],"request_id":"0"},
		{"first_name":"B","tags_to_add":[{"name":"t"}]}]`)
}

func TestCreateContacts_bounds(t *testing.T) {
	c, _ := setup(t)
	if made, err := c.CreateContacts(t.Context(), nil); err != nil || made != nil {
		t.Errorf("none: %v, %v", made, err)
	}
	if _, err := c.CreateContacts(t.Context(), make([]ContactInput, 251)); !errors.Is(err, ErrInvalid) {
		t.Errorf("251: %v", err)
	}
}

func TestUpdateContact_bothShapesOfTheAnswer(t *testing.T) {
	for _, body := range []string{example(t, "contacts-update-response"), `{"id":3,"updated_at":1}`, ""} {
		c, mock := setup(t)
		s := on(mock, "PATCH", "/contacts/3", 200, body)
		clear := []FieldInput{{FieldID: 1}}
		if err := c.UpdateContact(t.Context(), ContactInput{ID: 3, Name: "N", Fields: clear}); err != nil {
			t.Error(err)
		}
		s.body(t, `{"name":"N","custom_fields_values":[{"field_id":1,"values":null}]}`)
	}
	c, _ := setup(t)
	if err := c.UpdateContact(t.Context(), ContactInput{Name: "N"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("without id: %v", err)
	}
}
