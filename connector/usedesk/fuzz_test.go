package usedesk

import (
	"errors"
	"testing"
)

// Whatever a helpdesk, or something in its place, answers: a ticket, a client or an *Error, never a panic, and the error
// never carries the answer's whole body.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"ticket":{"id":5,"subject":null,"client_id":"0","published_at":"2017-03-01 17:30:49"},"comments":{"1":{"id":2,"message":"<p>b</p>","is_first":0}}}`,
		`{"ticket":{"id":"5"},"comments":[{"id":1,"user":{"id":3},"files":[null]}],"tags":["vip",null],"custom_fields":[null,{"ticket_field_id":"54","value":12}]}`,
		`{"client":{"id":1,"name":"Anna","phones":[{"phone":"+7"}],"emails":{"0":"a@example.com"}}}`, `[{"id":1}]`, `{"error":{"code":111,"message":"no"}}`,
		`{"status":"error","errors":["wrong token"]}`, `{"ticket":[]}`, `{"ticket":{"id":1e400}}`, `null`, `"text"`, `<html>`, ``, `{"ticket":{"id":{}}}`,
	} {
		f.Add(200, body)
		f.Add(400, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 499 || status == 429 { // others are tried again, after a pause
			return
		}
		c, mock := setup(t)
		on(mock, "ticket", status, js, body)
		on(mock, "client", status, js, body)
		_, terr := c.Ticket(t.Context(), 5)
		_, cerr := c.ClientByID(t.Context(), 5)
		for _, err := range []error{terr, cerr} {
			if err == nil {
				continue
			}
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("%d %q: %v is no *Error", status, body, err)
			}
			if len(err.Error()) > 4<<10 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		}
	})
}
