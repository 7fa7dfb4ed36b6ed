package amocrm

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExamples_companies(t *testing.T) {
	l := listOf[Company](t, example(t, "companies-list"), "companies")
	want(t, "companies", l, []Company{
		{ID: 7767077, Name: "Компания Васи", ResponsibleID: 504141, CreatedAt: 1586359618, UpdatedAt: 1586359618, AccountID: 28805383},
		{ID: 7767457, Name: "Example", ResponsibleID: 504141, CreatedAt: 1586360394, UpdatedAt: 1586360394, AccountID: 28805383},
	})
	survives(t, l)
	one := oneOf[Company](t, example(t, "company-by-id"))
	want(t, "phone", one.Fields[0].Text(), []string{"123213"})
}

func TestCompanies_filterInTheOrderAsked(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/companies", 200, example(t, "companies-list"))
	got, err := c.Companies(t.Context(), []ID{7767457, 99, 7767077, 7767457})
	if err != nil || len(got) != 2 || got[0].Name != "Example" || got[1].Name != "Компания Васи" {
		t.Errorf("%v, %v", got, err)
	}
	s.query(t, map[string][]string{"filter[id][]": {"7767457", "99", "7767077"}, "limit": {"250"}})
}

func TestCompanies_noticesAnIgnoredFilter(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/companies", 200, example(t, "companies-list"))
	got, err := c.Companies(t.Context(), []ID{7767457})
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrFilterOff) || e.Op != "GET /companies" || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCompany_oneOrNone(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/companies/1", 200, example(t, "company-by-id"))
	on(mock, "GET", "/companies/5", 204, "")
	got, err := c.Company(t.Context(), 1)
	if err != nil || got.Name != "АО Рога и копыта" || got.UpdatedAt != 1586361223 {
		t.Errorf("%+v, %v", got, err)
	}
	s.query(t, map[string][]string{})
	if _, err := c.Company(t.Context(), 5); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
	if _, err := c.Company(t.Context(), 0); !errors.Is(err, ErrInvalid) {
		t.Errorf("id 0: %v", err)
	}
}

func TestSearchCompanies_onePage(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/companies", 200, example(t, "companies-list"))
	got, err := c.SearchCompanies(t.Context(), " Example & Co ", 1000)
	if err != nil || len(got) != 2 || len(s.reqs) != 1 {
		t.Errorf("%v, %v in %d requests", got, err, len(s.reqs))
	}
	s.query(t, map[string][]string{"query": {"Example & Co"}, "limit": {"250"}})
}

func TestSearchCompanies_emptyQueryIsNeverSent(t *testing.T) {
	c, mock := setup(t)
	for _, q := range []string{"", " \t"} {
		if _, err := c.SearchCompanies(t.Context(), q, 10); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", q, err)
		}
	}
	if mock.GetTotalCallCount() != 0 {
		t.Error("a search for everything went out")
	}
}

func TestSearchCompanies_nothingFoundIsNoError(t *testing.T) {
	c, mock := setup(t)
	on(mock, "GET", "/companies", 204, "")
	if got, err := c.SearchCompanies(t.Context(), "x", 0); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCreateCompanies(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/companies", 200, example(t, "companies-create-response"))
	phone := FieldInput{FieldCode: "PHONE", Values: []ValueInput{{Value: "+7912322222", EnumCode: "WORK"}}}
	made, err := c.CreateCompanies(t.Context(), []CompanyInput{{Name: "АО Рога и Копыта", Fields: []FieldInput{phone}}})
	if diff := cmp.Diff([]Created{{11090825, "0"}}, made); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	s.body(t, example(t, "companies-create-request"))
}

func TestCreateCompanies_bounds(t *testing.T) {
	c, mock := setup(t)
	if made, err := c.CreateCompanies(t.Context(), nil); err != nil || made != nil {
		t.Errorf("none: %v, %v", made, err)
	}
	if _, err := c.CreateCompanies(t.Context(), make([]CompanyInput, 251)); !errors.Is(err, ErrInvalid) {
		t.Errorf("251: %v", err)
	}
	if mock.GetTotalCallCount() != 0 {
		t.Error("something went out")
	}
}
