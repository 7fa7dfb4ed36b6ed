package amocrm

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
func (h *Handlers) search(v *visit) error {
	view := searchView{Base: ui.Plain(v.base())}
	if v.Request().Method == http.MethodGet {
		return v.show(http.StatusOK, "search", view)
	}
	typed := runes.First(strings.TrimSpace(v.FormValue("q")), 100)
	if view.Typed = ui.Plain(typed); utf8.RuneCountInString(typed) < 3 {
		view.Error = v.t("search.short")
		return v.show(http.StatusOK, "search", view)
	}
	found, err := v.crm.Search(v.ctx, typed)
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
