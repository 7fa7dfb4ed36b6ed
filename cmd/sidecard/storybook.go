package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/blocks/amocrm/story"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
)

//go:embed storybook.html
var storybookPages embed.FS

// storybook shows every state of every view with sample data. It belongs to the demo alone: nothing stands behind its
// pages, and their links lead nowhere.
type storybook struct{ pages *template.Template }

// addStorybook adds /storybook, the frames in it and their style sheet.
func addStorybook(e *echo.Echo) error {
	pages, err := template.ParseFS(storybookPages, "storybook.html")
	if err != nil {
		return fmt.Errorf("parse storybook: %w", err)
	}
	s := &storybook{pages}
	e.GET("/storybook", s.index, sample)
	e.GET("/storybook/frame", s.frame, sample)
	e.GET("/storybook/panel.css", s.style, sample)
	return nil
}

// sample lets a page of made-up data have its styles and frames, and be kept.
func sample(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'")
		c.Response().Header().Set("Cache-Control", "no-cache")
		return next(c)
	}
}

// storyPart is a piece of a page: the floor, which stands in the helpdesk's own page, or a part of the panel that is drawn
// anew.
type storyPart struct {
	Lang  i18n.Lang
	Theme string
	Floor bool
	Line  bool // one line of a list of details
	HTML  template.HTML
}

// index lists all states: GET /storybook?lang=.
func (s *storybook) index(c echo.Context) error {
	lang, known := i18n.ParseLang(c.QueryParam("lang"))
	if !known {
		return echo.NewHTTPError(http.StatusBadRequest, "lang is one of "+i18n.LangNames())
	}
	names, err := story.Names(string(lang))
	if err != nil {
		return err
	}
	return s.page(c, "index", map[string]any{
		"Lang": lang, "Langs": i18n.Langs, "Widths": []int{258, 300, 420, 1280}, "Themes": []string{"light", "dark"}, "Scenes": names,
	})
}

// frame is one state: GET /storybook/frame?scene=&lang=&theme=light|dark.
func (s *storybook) frame(c echo.Context) error {
	lang, known := i18n.ParseLang(c.QueryParam("lang"))
	theme := c.QueryParam("theme")
	if !known || (theme != "light" && theme != "dark") {
		return echo.NewHTTPError(http.StatusBadRequest, "theme is light or dark, lang is one of "+i18n.LangNames())
	}
	raw, err := story.Page(c.QueryParam("scene"), string(lang))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(raw, []byte("<!doctype")) {
		return s.page(c, "host", storyPart{
			Lang: lang, Theme: theme, HTML: template.HTML(still(raw, theme)),
			Floor: bytes.Contains(raw, []byte(`class="sidecard"`)), Line: bytes.Contains(raw, []byte("<dt>")) && !bytes.Contains(raw, []byte("<dl")),
		})
	}
	return c.HTMLBlob(http.StatusOK, still(raw, theme))
}

func (s *storybook) page(c echo.Context, name string, data any) error {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("storybook: %w", err)
	}
	return c.HTMLBlob(http.StatusOK, b.Bytes())
}

var (
	moving  = regexp.MustCompile(`(?s)<script[^>]*>.*?</script>|<noscript>.*?</noscript>| hx-trigger="[^"]*"`)
	leading = regexp.MustCompile(`( (?:href|action|hx-get|hx-post))="(?:https://sidecard\.example\.com)?/(?:blocks|oauth)/[^"]*"`)
	styled  = regexp.MustCompile(`/assets/panel\.css[^"]*`)
)

// still makes a page stand as it is: no script, links that stay, the theme asked for.
func still(page []byte, theme string) []byte {
	page = moving.ReplaceAll(page, nil)
	page = leading.ReplaceAll(page, []byte(`$1="#"`))
	return styled.ReplaceAll(page, []byte("/storybook/panel.css?theme="+theme))
}

// style is the panel's style sheet with one theme fixed, whatever the browser prefers: GET /storybook/panel.css?theme=.
func (s *storybook) style(c echo.Context) error {
	css := ui.Asset("panel.css")
	dark, wish := []byte("@media all"), []byte("color-scheme: dark")
	if c.QueryParam("theme") != "dark" {
		dark, wish = []byte("@media not all"), []byte("color-scheme: light")
	}
	css = bytes.ReplaceAll(css, []byte("@media (prefers-color-scheme: dark)"), dark)
	css = bytes.ReplaceAll(css, []byte("color-scheme: light dark"), wish)
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", css)
}
