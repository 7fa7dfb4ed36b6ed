package accept

import (
	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/problem"
)

const ruleRefused = "The rule can't be carried out as it stands"

// lang returns the caller's language: ?lang, else Accept-Language, else English.
func lang(c echo.Context) i18n.Lang {
	return i18n.ChosenLang(c.QueryParam("lang"), i18n.AcceptedLang(c.Request().Header.Get("Accept-Language")))
}

// say is a text of the catalogue in the caller's language.
func (h *Handlers) say(c echo.Context, key, english string) string {
	if h.Catalog == nil {
		return english
	}
	return h.Catalog.T(lang(c), key)
}

// fields are the problems of a request in the caller's language; what amoCRM said stays as it said it.
func (h *Handlers) fields(c echo.Context, list []request.Problem) []problem.Field {
	out := make([]problem.Field, len(list))
	for i, p := range list {
		out[i] = problem.Field{Path: p.Path, Code: p.Code, Detail: p.Detail, Given: p.Given}
		if h.Catalog != nil {
			out[i].Detail = p.In(h.Catalog, lang(c))
		}
	}
	return out
}
