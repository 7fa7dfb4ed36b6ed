package usedesk

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

//go:embed templates
var templateFiles embed.FS

var pageFuncs = template.FuncMap{
	"initials": initials, "clean": cleanHTML, "idString": idString,
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

// pageMissing answers every unknown page.
func (s *pages) pageMissing(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusNotFound, "missing", frame{Title: "Not found", Data: r.URL.Path})
}

// pathID is an id in the path, 0 when it is no number.
func pathID(r *http.Request, name string) int64 {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

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

// initials are the first letters of the first two words, for the round picture.
func initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		for _, r := range word {
			if unicode.IsLetter(r) {
				out = append(out, unicode.ToUpper(r))
				break
			}
		}
		if len(out) == 2 {
			break
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return string(out)
}
