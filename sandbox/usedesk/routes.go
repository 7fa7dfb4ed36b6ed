package usedesk

import (
	"embed"
	"net/http"
)

//go:embed static
var static embed.FS

// routes builds the whole surface once. Pages refuse forms that other sites send; the API takes calls from anywhere.
func (s *Server) routes() http.Handler {
	pages := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /{$}":                          s.pageTickets,
		"GET /tickets":                      s.pageTickets,
		"GET /tickets/new":                  s.pageNewTicket,
		"POST /tickets/new":                 s.postNewTicket,
		"GET /tickets/{id}":                 s.pageTicket,
		"POST /tickets/{id}/messages":       s.postMessage,
		"POST /tickets/{id}/status":         s.postStatus,
		"POST /tickets/{id}/rules/{rule}":   s.postRunRule,
		"GET /tickets/{id}/firings":         s.fragmentFirings,
		"GET /tickets/{id}/blocks/{block}":  s.fragmentBlock,
		"POST /tickets/{id}/language":       s.postLanguage,
		"GET /settings":                     func(w http.ResponseWriter, r *http.Request) { redirect(w, r, "/settings/blocks") },
		"GET /settings/blocks":              s.pageBlocks,
		"POST /settings/blocks":             s.postNewBlock,
		"POST /settings/blocks/{id}":        s.postBlock,
		"POST /settings/blocks/{id}/delete": s.postDeleteBlock,
		"GET /settings/rules":               s.pageRules,
		"POST /settings/rules":              s.postNewRule,
		"POST /settings/rules/{id}":         s.postRule,
		"POST /settings/rules/{id}/delete":  s.postDeleteRule,
		"POST /":                            s.apiUnknown, // no page posts there; the API's methods stand at the root, too
		"/":                                 s.pageMissing,
	} {
		pages.HandleFunc(pattern, h)
	}
	pages.Handle("GET /static/", http.FileServerFS(static))

	mux := http.NewServeMux()
	s.apiRoutes(mux)
	s.controlRoutes(mux)
	mux.Handle("/", http.NewCrossOriginProtection().Handler(pages))
	return mux
}

func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther)
}
