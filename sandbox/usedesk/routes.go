package usedesk

import (
	"embed"
	"net/http"
)

//go:embed static
var static embed.FS

// routes builds the whole surface once. Pages refuse forms that other sites send; the API takes calls from anywhere.
func (s *Server) routes() http.Handler {
	site := http.NewServeMux()
	p := &pages{s.sender}
	set := &settings{p}
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /{$}":                          p.pageTickets,
		"GET /tickets":                      p.pageTickets,
		"GET /tickets/new":                  p.pageNewTicket,
		"POST /tickets/new":                 p.postNewTicket,
		"GET /tickets/{id}":                 p.pageTicket,
		"POST /tickets/{id}/messages":       p.postMessage,
		"POST /tickets/{id}/status":         p.postStatus,
		"POST /tickets/{id}/rules/{rule}":   p.postRunRule,
		"GET /tickets/{id}/firings":         p.fragmentFirings,
		"GET /tickets/{id}/blocks/{block}":  p.fragmentBlock,
		"POST /tickets/{id}/language":       p.postLanguage,
		"GET /settings":                     func(w http.ResponseWriter, r *http.Request) { redirect(w, r, "/settings/blocks") },
		"GET /settings/blocks":              set.pageBlocks,
		"POST /settings/blocks":             set.postNewBlock,
		"POST /settings/blocks/{id}":        set.postBlock,
		"POST /settings/blocks/{id}/delete": set.postDeleteBlock,
		"GET /settings/rules":               set.pageRules,
		"POST /settings/rules":              set.postNewRule,
		"POST /settings/rules/{id}":         set.postRule,
		"POST /settings/rules/{id}/delete":  set.postDeleteRule,
		"POST /":                            s.api.apiUnknown, // no page posts there; the API's methods stand at the root, too
		"/":                                 p.pageMissing,
	} {
		site.HandleFunc(pattern, h)
	}
	site.Handle("GET /static/", http.FileServerFS(static))

	mux := http.NewServeMux()
	s.api.apiRoutes(mux)
	s.controlRoutes(mux)
	mux.Handle("/", http.NewCrossOriginProtection().Handler(site))
	return mux
}

func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther)
}
