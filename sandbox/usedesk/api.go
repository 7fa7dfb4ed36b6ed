package usedesk

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// apiError is what the API answers when it can't do the work: {"error", "code"}, by default with HTTP 200. The codes
// are ours: the real ones are not documented.
type apiError struct {
	Code int
	Text string
}

func (e apiError) Error() string { return e.Text }

var (
	errToken   = apiError{101, "Invalid api_token"}
	errMissing = func(key string) error { return apiError{102, "Required parameter is missing: " + key} }
	errTicket  = apiError{111, "Ticket not found"}
	errClient  = apiError{112, "Client not found"}
)

// apiMethod does the work of one method and returns its answer.
type apiMethod func(p params) (any, error)

// holding is a method that works on the world under a lock. Its answer keeps nothing of it.
func holding(lock func(func(*world)), f func(w *world, p params) (any, error)) apiMethod {
	return func(p params) (answer any, err error) {
		lock(func(w *world) { answer, err = f(w, p) })
		return answer, err
	}
}

// api is the REST API.
type api struct {
	*sender
	faults kit.Faults[fault]
	stats  stats
}

// apiRoutes adds the methods to a mux, at /{method} and at /uapi/{method}, as the two clouds have them.
func (s *api) apiRoutes(mux *http.ServeMux) {
	read, write := s.state.Read, s.state.Write
	for name, method := range map[string]apiMethod{
		"ticket": holding(read, apiTicket), "tickets": holding(read, apiTickets), "ticket/fields": holding(read, apiTicketFields),
		"create/ticket": s.apiCreateTicket, "update/ticket": holding(write, s.apiUpdateTicket),
		"create/comment": holding(write, s.apiCreateComment),
		"client":         holding(read, apiClient), "clients": holding(read, apiClients),
		"create/client": holding(write, s.apiCreateClient), "update/client": holding(write, apiUpdateClient),
		"users": holding(read, apiUsers), "groups": apiGroups, "channels": apiChannels,
	} {
		h := s.answering(name, method)
		for _, path := range []string{"/" + name, "/uapi/" + name} {
			mux.Handle("POST "+path, h)
			mux.Handle("POST "+path+"/{$}", h)
			if path != "/tickets" { // a page; programs in the wild read with GET, too
				mux.Handle("GET "+path, h)
			}
		}
	}
	mux.HandleFunc("/uapi/", s.apiUnknown)
}

// apiUnknown answers for a method that there is not.
func (s *api) apiUnknown(w http.ResponseWriter, r *http.Request) {
	s.stats.count("unknown " + r.Method + " " + r.URL.Path)
	writeJSON(w, http.StatusNotFound, map[string]any{"error": "Unknown method " + r.Method + " " + r.URL.Path})
}

// answering wraps a method: count, meet faults, read, check the token, work, answer.
func (s *api) answering(name string, method apiMethod) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.stats.count(name)
		if s.met(w, r, name) {
			return
		}
		p, err := readParams(r)
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			writeJSON(w, http.StatusRequestEntityTooLarge, map[string]any{"error": "the body is too large"})
			return
		case err != nil:
			s.refuse(w, apiError{103, err.Error()})
			return
		case subtle.ConstantTimeCompare([]byte(p.str("api_token")), []byte(s.opts.Token)) != 1:
			s.refuse(w, errToken)
			return
		}
		answer, err := method(p)
		if err != nil {
			s.refuse(w, err)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	})
}

// refuse answers an error with the status that the options ask for.
func (s *api) refuse(w http.ResponseWriter, err error) {
	e := apiError{100, err.Error()}
	errors.As(err, &e)
	writeJSON(w, s.opts.ErrorStatus, map[string]any{"error": e.Text, "code": e.Code})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = http.StatusInternalServerError, fmt.Appendf(nil, `{"error":%q}`, err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(raw) //nolint:errcheck // the client is gone
}

// page cuts a list to the 100 rows from offset on. Whether the real offset counts rows or pages is not settled.
func page[T any](list []T, offset int64) []T {
	from := min(max(offset, 0), int64(len(list)))
	to := min(from+maxRows, int64(len(list)))
	return list[from:to]
}

// foldContains is strings.Contains without regard to case.
func foldContains(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}
