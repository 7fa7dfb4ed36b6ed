package kit

import (
	"net/http"
	"net/url"
	"regexp"
)

var slashes = regexp.MustCompile(`//+`)

// singleSlashes takes several slashes in a path as one, as the web servers before both products do: clients glue a base
// address that ends in a slash to a path that begins with one, and not all of them follow a redirect with a body.
func singleSlashes(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := slashes.ReplaceAllString(r.URL.Path, "/"); path != r.URL.Path {
			same := *r
			same.URL = new(url.URL)
			*same.URL = *r.URL
			same.URL.Path, same.URL.RawPath = path, ""
			r = &same
		}
		h.ServeHTTP(w, r)
	})
}
