package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
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
