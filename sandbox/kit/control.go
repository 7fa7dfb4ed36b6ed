package kit

import (
	"errors"
	"net/http"
)

// ControlHandler returns what a control route answers, or what is wrong with the request.
type ControlHandler func(r *http.Request) (answer any, err error)

// StatusError is an error of a control route with a status of its own; any other is a 400.
type StatusError struct {
	Status int
	Text   string
}

func (e StatusError) Error() string { return e.Text }

// Control adds the routes under /_sandbox to a mux. They are for tests and demos on this machine, no part of the system
// and not counted. named adds host names to the loopback ones; it may be nil. write writes an answer as the system
// writes its JSON.
func Control(mux *http.ServeMux, named func(host string) bool, write func(http.ResponseWriter, int, any), routes map[string]ControlHandler) {
	for pattern, h := range routes {
		mux.Handle(pattern, Local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer, err := h(r)
			status := http.StatusOK
			if err != nil {
				status, answer = http.StatusBadRequest, map[string]string{"error": err.Error()}
			}
			var own StatusError
			if errors.As(err, &own) {
				status = own.Status
			}
			write(w, status, answer)
		}), named))
	}
}
