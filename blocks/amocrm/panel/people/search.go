package people

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/runes"
)

// searchView is the search by hand.
type searchView struct {
	Base    ui.Plain
	Typed   ui.Plain
	Asked   bool
	Persons []personView
	Error   string
}

// search finds contacts by typed words: GET …/search is the empty form, POST asks (what is typed is personal data and
// must not stand in an address).
func (h *Handlers) search(r *request) error {
	view := searchView{Base: ui.Plain(r.Base())}
	if r.Request().Method == http.MethodGet {
		return r.Show(http.StatusOK, "search", view)
	}
	typed := runes.First(strings.TrimSpace(r.FormValue("q")), 100)
	if view.Typed = ui.Plain(typed); utf8.RuneCountInString(typed) < 3 {
		view.Error = r.T("search.short")
		return r.Show(http.StatusOK, "search", view)
	}
	found, err := r.crm.Search(r.Ctx, typed)
	if err != nil && !errors.Is(err, crm.ErrEmptyQuery) {
		return r.Fail(err, r.Base()+"/search")
	}
	view.Asked = true
	f := r.Format()
	for _, p := range found {
		view.Persons = append(view.Persons, r.foundCard(f, p))
	}
	return r.Show(http.StatusOK, "search", view)
}
