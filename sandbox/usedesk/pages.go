package usedesk

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sidecard/sidecard/sandbox/kit"
)

//go:embed templates
var templateFiles embed.FS

var pageFuncs = template.FuncMap{
	"clean": cleanHTML, "idString": idString,
	"initials":   func(name string) string { return cmp.Or(kit.Initials(name, unicode.IsLetter), "?") },
	"statusName": func(id int64) string { return statusNames[id] },
	"orDash": func(s string) string {
		if strings.TrimSpace(s) == "" {
			return "—"
		}
		return s
	},
	"channelNames": func() []string { return slices.Sorted(maps.Keys(channels)) },
	"ms":           func(d time.Duration) int64 { return d.Milliseconds() },
	"utc":          apiTime,
}

// templates holds one set for each page: the layout, the shared parts and the page itself.
var templates = func() map[string]*template.Template {
	sets := map[string]*template.Template{}
	for _, name := range []string{"tickets", "ticket", "new", "blocks", "rules", "missing"} {
		sets[name] = template.Must(template.New("").Funcs(pageFuncs).ParseFS(templateFiles,
			"templates/layout.html", "templates/parts.html", "templates/"+name+".html"))
	}
	return sets
}()

// frame is what the layout needs; Data is the page's own.
type frame struct {
	Title, Section, Error string
	Saved                 bool
	Open                  int // tickets that wait
	Data                  any
}

// pages are what an agent sees.
type pages struct{ *sender }

// show renders a page. A page that fails is an error page, not half a page.
func (s *pages) show(w http.ResponseWriter, status int, name string, f frame) {
	s.state.Read(func(w *world) {
		for _, t := range w.Tickets {
			if t.StatusID == statusNew || t.StatusID == statusOpen {
				f.Open++
			}
		}
	})
	s.render(w, status, name, "layout", f)
}

func (s *pages) render(w http.ResponseWriter, status int, name, part string, data any) {
	var b bytes.Buffer
	if err := templates[name].ExecuteTemplate(&b, part, data); err != nil {
		s.log.Error("page not rendered", "page", name, "error", err)
		http.Error(w, "the page could not be rendered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b.Bytes()) //nolint:errcheck // the browser is gone
}

// change runs f under the write lock and goes on to an address; what f does not find is a missing page.
func (s *pages) change(w http.ResponseWriter, r *http.Request, to string, f func(w *world) (found bool)) {
	found := false
	s.state.Write(func(w *world) { found = f(w) })
	if !found {
		s.pageMissing(w, r)
		return
	}
	redirect(w, r, to)
}

// pageMissing answers every unknown page.
func (s *pages) pageMissing(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusNotFound, "missing", frame{Title: "Not found", Data: r.URL.Path})
}

// pathID is an id in the path, 0 when it is no number.
func pathID(r *http.Request, name string) int64 { return kit.ParseID(r.PathValue(name)) }

// ago returns an age in words, for a person.
func ago(now time.Time, unix int64) string {
	switch d := now.Sub(time.Unix(unix, 0)); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}
