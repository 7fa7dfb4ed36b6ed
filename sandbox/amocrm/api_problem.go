package amocrm

import (
	"encoding/json"
	"net/http"
	"strconv"
)

func badRequest(w http.ResponseWriter, detail string) {
	problem(w, http.StatusBadRequest, "Bad Request", detail)
}

// answerWritten writes what was created or changed, in the order it was sent.
func answerWritten(w http.ResponseWriter, r *http.Request, path, key string, items []obj) {
	writeHAL(w, http.StatusOK, obj{
		"_links": selfLink(apiURL(r, "/"+path)), "_embedded": obj{key: items},
	})
}

// answerOne writes one thing, or 204 when there is none.
func answerOne(w http.ResponseWriter, one obj) {
	if one == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeHAL(w, http.StatusOK, one)
}

func notFound(w http.ResponseWriter, what string) {
	problem(w, http.StatusNotFound, "Not Found", what+" not found")
}

func answerDeleted(w http.ResponseWriter, found, kept bool, what string) {
	switch {
	case !found:
		notFound(w, what)
	case kept:
		badRequest(w, what+" can not be deleted")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// unauthorized is amoCRM's only word on tokens, whatever is wrong with them; its text is misleading there too.
func unauthorized(w http.ResponseWriter) {
	problem(w, http.StatusUnauthorized, "Unauthorized", "Неверный логин или пароль")
}

// noRoute is the 404 of an address that nothing answers at.
func noRoute(w http.ResponseWriter, r *http.Request) {
	problem(w, http.StatusNotFound, "Not Found", "Cannot "+r.Method+" "+baseOf(r)+r.URL.Path)
}

// problemBody is the error shape of amocrm.md §2.
type problemBody struct {
	Title  string `json:"title"`
	Type   string `json:"type"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// problem answers an application/problem+json error.
func problem(w http.ResponseWriter, status int, title, detail string) {
	writeAs(w, "application/problem+json", status, problemBody{
		Title: title, Type: "https://httpstatus.es/" + strconv.Itoa(status), Status: status, Detail: detail,
	})
}

// writeHAL answers a resource or a page of resources.
func writeHAL(w http.ResponseWriter, status int, body any) {
	writeAs(w, "application/hal+json", status, body)
}

// writeJSON answers plain JSON: OAuth and control routes.
func writeJSON(w http.ResponseWriter, status int, body any) {
	writeAs(w, "application/json", status, body)
}

// writeAs marshals before the status goes out, so that a body that can't be written becomes a 500 instead of a
// half answer.
func writeAs(w http.ResponseWriter, contentType string, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "encode answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(raw) //nolint:errcheck // the client is gone; there is nobody to tell
}
