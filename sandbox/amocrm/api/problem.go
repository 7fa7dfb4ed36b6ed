package api

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// problemBody is the error shape of amocrm.md §2.
type problemBody struct {
	Title  string `json:"title"`
	Type   string `json:"type"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// Problem answers an application/problem+json error.
func Problem(w http.ResponseWriter, status int, title, detail string) {
	WriteAs(w, "application/problem+json", status, problemBody{
		Title: title, Type: "https://httpstatus.es/" + strconv.Itoa(status), Status: status, Detail: detail,
	})
}

// BadRequest answers 400.
func BadRequest(w http.ResponseWriter, detail string) {
	Problem(w, http.StatusBadRequest, "Bad Request", detail)
}

// NotFound answers 404 for a thing that is not there.
func NotFound(w http.ResponseWriter, what string) {
	Problem(w, http.StatusNotFound, "Not Found", what+" not found")
}

// Unauthorized is amoCRM's only word on tokens, whatever is wrong with them; its text is misleading there too.
func Unauthorized(w http.ResponseWriter) {
	Problem(w, http.StatusUnauthorized, "Unauthorized", "Неверный логин или пароль")
}

// NoRoute is the 404 of an address that nothing answers at.
func NoRoute(w http.ResponseWriter, r *http.Request) {
	Problem(w, http.StatusNotFound, "Not Found", "Cannot "+r.Method+" "+BaseURL(r)+r.URL.Path)
}

// WriteJSON answers plain JSON: OAuth and control routes.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	WriteAs(w, "application/json", status, body)
}

// WriteAs marshals before the status goes out, so that a body that can't be written becomes a 500 instead of a
// half answer.
func WriteAs(w http.ResponseWriter, contentType string, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "encode answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(raw) //nolint:errcheck // the client is gone; there is nobody to tell
}
