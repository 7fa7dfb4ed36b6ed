package amocrm

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/runes"
)

// searchView is the search by hand.
type searchView struct {
	Base    string
	Typed   string
	Asked   bool
	Persons []personView
	Error   string
}

// search finds contacts by typed words: GET …/search is the empty form, POST asks (what is typed is personal data and
// must not stand in an address).
func (h *Handlers) search(v *visit) error {
	view := searchView{Base: v.base(), Typed: strings.TrimSpace(v.FormValue("q"))}
	if v.Request().Method == http.MethodGet {
		view.Typed = ""
		return v.show(http.StatusOK, "search", view)
	}
	if view.Typed = runes.First(view.Typed, 100); utf8.RuneCountInString(view.Typed) < 3 {
		view.Error = v.t("search.short")
		return v.show(http.StatusOK, "search", view)
	}
	found, err := v.crm.Search(v.ctx, view.Typed)
	if err != nil && !errors.Is(err, crm.ErrEmptyQuery) {
		return v.fail(err, v.base()+"/search")
	}
	view.Asked = true
	f := v.format()
	for _, p := range found {
		view.Persons = append(view.Persons, v.foundCard(f, p))
	}
	return v.show(http.StatusOK, "search", view)
}
