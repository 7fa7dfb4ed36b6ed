package ui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/i18n"
)

// pageAt shows a page of a kit to which blocks have contributed sections.
func pageAt(t *testing.T, path string, sections ...Link) string {
	t.Helper()
	catalog, err := i18n.NewCatalog(Texts)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := NewPages(catalog)
	if err != nil {
		t.Fatal(err)
	}
	kit := New(Options{Pages: pages, Path: "/blocks/amocrm", Sections: sections})
	t.Cleanup(kit.Close)
	rec := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/blocks/amocrm/abc"+path, nil), rec)
	r := kit.InSession(t.Context(), c, session.Session{ID: "abc", Lang: i18n.EN})
	if err := r.Show(http.StatusOK, "expired", ProblemView{Title: "A page"}); err != nil {
		t.Fatal(err)
	}
	return rec.Body.String()
}

func TestSections_areTabsOfThePanel(t *testing.T) {
	sms := Link{Path: "/sms", Icon: "comment", Text: "retry"}
	for path, want := range map[string]string{
		"":         `<a href="/blocks/amocrm/abc" aria-current="page">`,
		"/people":  `<a href="/blocks/amocrm/abc" aria-current="page">`,
		"/smsc":    `<a href="/blocks/amocrm/abc" aria-current="page">`,
		"/sms":     `<a href="/blocks/amocrm/abc/sms" aria-current="page">`,
		"/sms/new": `<a href="/blocks/amocrm/abc/sms" aria-current="page">`,
	} {
		page := pageAt(t, path, sms)
		if !strings.Contains(page, want) || strings.Count(page, "aria-current") != 1 || !strings.Contains(page, "</svg>Try again</a></nav>") {
			t.Errorf("%s:\n%s", path, page)
		}
	}
}

func TestSections_withoutAnyThereAreNoTabs(t *testing.T) {
	if page := pageAt(t, "/people"); strings.Contains(page, "<nav") || !strings.Contains(page, "hidden>") {
		t.Errorf("tabs of nothing:\n%s", page)
	}
}
