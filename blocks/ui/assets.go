package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed assets/*.js assets/*.css assets/*.svg
var assetFiles embed.FS

// htmx.min.js is htmx 2.0.11 (0BSD) as published; its hash is noted beside it.
//
// asset is a file the pages load, with its address: the hash in it changes with the content, so browsers may keep it
// for ever.
type asset struct {
	body []byte
	kind string
	hash string
}

var assets = loadAssets()

func loadAssets() map[string]asset {
	kinds := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	}
	out := map[string]asset{}
	names, err := fs.Glob(assetFiles, "assets/*")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for _, name := range names {
		body, err := assetFiles.ReadFile(name)
		if err != nil {
			panic(err) // embedded at build time
		}
		sum := sha256.Sum256(body)
		base := path.Base(name)
		out[base] = asset{body: body, kind: kinds[path.Ext(base)], hash: hex.EncodeToString(sum[:6])}
	}
	return out
}

// AssetURL returns the address of an embedded file, "/assets/panel.css?v=…".
func AssetURL(name string) string { return "/assets/" + name + "?v=" + assets[name].hash }

// Asset returns an embedded file, "panel.css"; nil when there is none of that name.
func Asset(name string) []byte { return bytes.Clone(assets[name].body) }

// Assets serves the embedded files: GET /assets/:name.
func Assets(c echo.Context) error {
	a, ok := assets[strings.TrimPrefix(c.Param("name"), "/")]
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	h := c.Response().Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if c.QueryParam("v") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	return c.Blob(http.StatusOK, a.kind, a.body)
}

// iconPaths are drawn in a 16 by 16 box with the text's colour.
var iconPaths = map[string]string{
	"refresh":  `<path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 1.8v2.7h-2.7"/>`,
	"external": `<path d="M6.5 3.5h-3v9h9v-3M9.5 2.5h4v4M13.2 2.8 7.5 8.5"/>`,
	"back":     `<path d="M9.5 3.5 5 8l4.5 4.5"/>`,
	"search":   `<circle cx="7" cy="7" r="4"/><path d="m10 10 3.5 3.5"/>`,
	"plus":     `<path d="M8 3v10M3 8h10"/>`,
	"phone":    `<path d="M3.2 2.8h2.6l1.2 3-1.6 1.2a8 8 0 0 0 3.6 3.6l1.2-1.6 3 1.2v2.6a1 1 0 0 1-1.1 1A10.6 10.6 0 0 1 2.2 3.9a1 1 0 0 1 1-1.1Z"/>`,
	"mail":     `<rect x="2" y="3.5" width="12" height="9" rx="1.5"/><path d="m2.5 4.5 5.5 4.5 5.5-4.5"/>`,
	"comment":  `<path d="M3.5 2.5h9A1.5 1.5 0 0 1 14 4v5.5a1.5 1.5 0 0 1-1.5 1.5H7.5L4.5 13.5V11h-1A1.5 1.5 0 0 1 2 9.5V4a1.5 1.5 0 0 1 1.5-1.5Z"/>`,
	"bolt":     `<path d="M9 1.8 3.5 9H8l-1 5.2L12.5 7H8Z"/>`,
	"flag":     `<path d="M3.5 14V2.5h8.2L10 5.5l1.7 3H3.5"/>`,
	"person":   `<circle cx="8" cy="5.2" r="2.7"/><path d="M2.8 13.5a5.2 5.2 0 0 1 10.4 0"/>`,
	"money":    `<circle cx="8" cy="8" r="5.7"/><path d="M10 6c-.3-.8-1-1.2-2-1.2-1.2 0-2 .6-2 1.5 0 2.2 4 1.1 4 3.3 0 1-.8 1.6-2 1.6-1.1 0-1.8-.5-2.1-1.3M8 3.7v1.1M8 11.2v1.1"/>`,
	"edit":     `<path d="m10.5 2.8 2.7 2.7L6 12.7l-3.3.6.6-3.3Z"/>`,
	"tag":      `<path d="M2.5 2.5h5l6 6-5 5-6-6Z"/><circle cx="5.3" cy="5.3" r=".7"/>`,
	"clock":    `<circle cx="8" cy="8" r="5.7"/><path d="M8 4.8V8l2.2 1.5"/>`,
	"link":     `<path d="m6.5 9.5 3-3M7 4.5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5 7.5 13a2.8 2.8 0 0 1-4-4L5 7.5"/>`,
	"warning":  `<path d="M8 2.2 14.3 13H1.7ZM8 6.5v3M8 11.2v.1"/>`,
	"check":    `<path d="m3 8.5 3.3 3.3L13 4.8"/>`,
	"company":  `<path d="M3 13.5v-11h6.5v11M9.5 6.5H13v7M1.8 13.5h12.4M5.5 5h1.5M5.5 7.5h1.5M5.5 10h1.5"/>`,
	"gear":     `<circle cx="8" cy="8" r="1.9"/><circle cx="8" cy="8" r="4.5"/><path d="M8 1.6v1.9M8 12.5v1.9M1.6 8h1.9M12.5 8h1.9M3.5 3.5l1.3 1.3M11.2 11.2l1.3 1.3M12.5 3.5l-1.3 1.3M4.8 11.2l-1.3 1.3"/>`,
	"up":       `<path d="M8 13V3.5M4 7.2l4-4 4 4"/>`,
	"down":     `<path d="M8 3v9.5M4 8.8l4 4 4-4"/>`,
	"inbox":    `<path d="M2.5 9.5 4.5 3h7l2 6.5V13h-11ZM2.5 9.5h3.3l.9 1.8h2.6l.9-1.8h3.3"/>`,
	"chevron":  `<path d="m6 3.5 4.5 4.5L6 12.5"/>`,
}

// icon returns decoration: what it means always stands beside it in words.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">` +
		iconPaths[name] + `</svg>`)
}
