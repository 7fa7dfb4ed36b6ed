package amo

import "net/http"

// notKept are lists of kinds that amoCRM has and this server does not keep: an account without any of them.
var notKept = []string{"/roles", "/sources", "/catalogs", "/customers", "/customers/segments", "/contacts/chats"}

// listNothing answers a list that is always empty.
func (s *Server) listNothing(w http.ResponseWriter, r *http.Request, _ caller) {
	if p, ok := readPage(w, r, defaultLimit, maxLimit); ok {
		answerPage(w, r, p, "", nil, false)
	}
}
