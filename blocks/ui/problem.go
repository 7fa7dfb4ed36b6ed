package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Problem is an error that people may meet. Its texts are problem.{Code}.title and problem.{Code}.text; Status is what API
// clients and logs see of it.
type Problem struct {
	Is     error
	Code   string
	Status int
	Retry  bool
}

// problemOf sorts an error for a person. known is false for what should not happen and belongs in the log.
func (k *Kit) problemOf(err error) (p Problem, known bool) {
	for _, p := range k.Problems {
		if errors.Is(err, p.Is) {
			return p, true
		}
	}
	return Problem{Code: "internal", Status: http.StatusInternalServerError, Retry: true}, false
}

// ProblemView is a page, or a part of one, with what is wrong and the one thing to do next.
type ProblemView struct {
	Title, Text string
	Action      string // label of the link, "" for none
	URL         Plain
	Back        Plain   // the panel, where the link does not lead there; "" for none
	Popup       bool    // the link leads to the login
	Done        *Notice // what was done before this went wrong
}

// Notice confirms what was just done.
type Notice struct {
	Text    string
	Missing string // what could not be done with it, "" for nothing
	Href    Plain  // in the panel
	Link    string
}

// Problem returns the view of an error; retry is where to try again, "" leads to the panel.
func (r *PageRequest) Problem(err error, retry string) ProblemView {
	known, _ := r.Kit.problemOf(err)
	p := ProblemView{Title: r.T("problem." + known.Code + ".title"), Text: r.T("problem." + known.Code + ".text"), Done: r.Notice}
	switch {
	case known.Retry && retry != "":
		p.Action, p.URL = r.T("retry"), Plain(retry)
		if people := r.Base() + "/people"; retry != r.Base() && !strings.HasPrefix(retry, people) {
			p.Back = Plain(people)
		}
	case r.Session.ID != "":
		p.Action, p.URL = r.T("back_to_client"), Plain(r.Base()+"/people")
	}
	if p.Done != nil && p.URL != "" {
		p.URL += Plain("?done=" + url.QueryEscape(r.Done))
	}
	return p
}

// ProblemLine returns a problem in one line, for a form that has no room for a heading.
func (r *PageRequest) ProblemLine(err error) string {
	p := r.Problem(err, "")
	return r.T("problem.line", "Title", p.Title, "Text", p.Text)
}

// Fail answers with what went wrong, or with the error's own page. Unexpected errors are logged here, once.
func (r *PageRequest) Fail(err error, retry string) error {
	for _, h := range r.Kit.handled {
		if errors.Is(err, h.is) {
			return h.show(r)
		}
	}
	r.LogProblem(err)
	p, _ := r.Kit.problemOf(err)
	if !r.HTMX() || p.Status >= http.StatusInternalServerError {
		p.Status = http.StatusOK // an iframe must show the page, and htmx the message, not a browser's error
	}
	return r.Show(p.Status, "problem", r.Problem(err, retry))
}
