// Package web is what a person sees of the local amoCRM: the consent page of OAuth with its button, and plain pages of
// deals, contacts, companies and settings at amoCRM's own addresses.
//
// Pages keep nothing of the World after they were built and need no script.
package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/oauth"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// files are the pages, their style and the two scripts of the consent.
//
//go:embed *.html *.css *.js
var files embed.FS

// templates holds one set per page: each defines "main" and is shown inside the layout.
var templates = func() map[string]*template.Template {
	sets := map[string]*template.Template{}
	for name := range strings.FieldsSeq("dashboard people card board settings missing consent consent_done") {
		set := template.New("").Funcs(template.FuncMap{"initials": initials})
		sets[name] = template.Must(set.ParseFS(files, "layout.html", name+".html"))
	}
	return sets
}()

// frame is what the layout of every page needs.
type frame struct {
	Title   string
	Account string
	Host    string
	Others  []link // the other accounts
	Nav     bool
	Here    string // the section of the page: leads, contacts, companies, settings; empty is the dashboard
}

type link struct{ Text, URL string }

// initials stand for a person's or a company's picture.
func initials(name string) string {
	return kit.Initials(name, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
}

// frameOf makes the layout's data. The caller holds a lock.
func frameOf(a *world.Account, title string) frame {
	return frame{Title: title, Account: a.Name, Host: a.Host}
}

// render writes a page as a whole or not at all.
func render(w http.ResponseWriter, status int, name string, data any) {
	var page bytes.Buffer
	if err := templates[name].ExecuteTemplate(&page, "layout", data); err != nil {
		http.Error(w, "show page "+name+": "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(page.Bytes()) //nolint:errcheck // the client is gone; there is nobody to tell
}

// asset serves an embedded file.
func asset(name string) http.HandlerFunc {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic("web file: " + err.Error()) // embedded, as above
	}
	kind := "text/javascript; charset=utf-8"
	if path.Ext(name) == ".css" {
		kind = "text/css; charset=utf-8"
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Write(raw) //nolint:errcheck // the client is gone
	}
}

// Routes are the pages a person looks at. The paths of contacts, leads and companies are amoCRM's own, so that
// deep links work here too.
func (s *Pages) Routes(mux *http.ServeMux) {
	for _, consent := range []string{"/oauth", "/oauth/{$}"} { // the person's side of OAuth (amocrm.md §1.1, §1.9)
		mux.HandleFunc("GET "+consent, s.askConsent)
		mux.Handle("POST "+consent, ownPages.Handler(http.HandlerFunc(s.decideConsent)))
	}
	mux.HandleFunc("GET /auth/button.min.js", asset("button.js"))
	mux.HandleFunc("GET /auth/popup.js", asset("popup.js"))
	mux.HandleFunc("GET /{$}", s.page("dashboard", s.dashboard))
	mux.HandleFunc("GET /contacts/{$}", s.page("people", personList("contacts", "Contacts", "Contact")))
	mux.HandleFunc("GET /contacts/detail/{id}", s.page("card", s.contactCard))
	mux.HandleFunc("GET /companies/{$}", s.page("people", personList("companies", "Companies", "Company")))
	mux.HandleFunc("GET /companies/detail/{id}", s.page("card", s.companyCard))
	mux.HandleFunc("GET /leads/{$}", s.page("board", s.board))
	mux.HandleFunc("GET /leads/pipeline/{pipeline}", s.page("board", s.board))
	mux.HandleFunc("GET /leads/detail/{id}", s.page("card", s.leadCard))
	mux.Handle("POST /leads/detail/{id}/stage", ownPages.Handler(http.HandlerFunc(s.moveLead)))
	mux.Handle("POST /leads/detail/{id}/delete", ownPages.Handler(s.deleteForm("leads")))
	mux.Handle("POST /contacts/detail/{id}/delete", ownPages.Handler(s.deleteForm("contacts")))
	mux.HandleFunc("GET /settings/{$}", s.page("settings", s.settings))
	mux.Handle("POST /settings/disconnect", ownPages.Handler(http.HandlerFunc(s.disconnectForm)))
	mux.HandleFunc("GET /web/style.css", asset("style.css"))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.noPage(w, r, "There is no page at "+r.URL.Path+".") })
}

// Pages are those a person looks at.
type Pages struct {
	State  *kit.State[world.World]
	Now    func() time.Time
	Editor edit.Editor
	Grants *oauth.Grants
	Sites  http.RoundTripper // reaches the sites that get a new integration's secret
}

// pageData is a page's own data, which carries the layout's.
type pageData interface{ setFrame(frame) }

func (f *frame) setFrame(g frame) { *f = g }

// page shows what build makes of the account that the Host names; nil is a thing that is not there. build runs under
// the read lock and may keep nothing of the World.
func (s *Pages) page(name string, build func(w *world.World, a *world.Account, r *http.Request) (title string, data pageData)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var data pageData
		s.State.Read(func(state *world.World) {
			a := state.AccountAt(r.Host)
			var title string
			if title, data = build(state, a, r); data == nil {
				return
			}
			f := frameOf(a, title)
			f.Nav = true
			f.Here, _, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
			for _, o := range state.Accounts {
				if o.ID != a.ID {
					f.Others = append(f.Others, link{o.Name, api.Scheme(r) + o.Host + "/"})
				}
			}
			data.setFrame(f)
		})
		if data == nil {
			s.noPage(w, r, "There is nothing with this number in this account. It may belong to another account, or it was deleted.")
			return
		}
		render(w, http.StatusOK, name, data)
	}
}

// noPage is a 404 with a way on.
func (s *Pages) noPage(w http.ResponseWriter, r *http.Request, text string) {
	page := struct {
		frame
		Text string
	}{Text: text}
	s.State.Read(func(state *world.World) { page.frame = frameOf(state.AccountAt(r.Host), "Not found") })
	page.Nav = true
	render(w, http.StatusNotFound, "missing", page)
}
