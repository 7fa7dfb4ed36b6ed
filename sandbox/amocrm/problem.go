package amocrm

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
