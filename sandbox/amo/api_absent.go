package amo

import "net/http"

// notKept are lists of kinds that amoCRM has and this server does not keep: an account without any of them.
var notKept = []string{
	"/roles", "/sources", "/contacts/chats", "/customers", "/customers/segments", "/customers/custom_fields",
	"/customers/segments/custom_fields", "/customers/statuses", "/customers/transactions", "/customers/notes", "/customers/tags",
}

// listNothing answers a list that is always empty.
func (s *Server) listNothing(w http.ResponseWriter, r *http.Request, _ caller) {
	if p, ok := readPage(w, r, defaultLimit, maxLimit); ok {
		answerPage(w, r, p, "", nil, false)
	}
}
