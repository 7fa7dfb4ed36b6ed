// Package problem answers refusals of machine endpoints as application/problem+json (RFC 9457).
package problem

import (
	"encoding/json"
	"fmt"

	"github.com/labstack/echo/v4"
)

// Field is one mistake in a request: Path leads into its body, Code is for programs, Detail for people. Given is what
// a value held that was left out.
type Field struct {
	Path   string `json:"path"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Given  string `json:"given,omitempty"`
}

// Problem is the body of a refusal.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"` // a sentence for people; it says what to do where it can
	Status int     `json:"status"`
	Errors []Field `json:"errors,omitempty"`

	Remarks []Field `json:"remarks,omitempty"` // of a dry run: what would be left out besides

	// Of a job that was stored all the same.
	ID        string `json:"id,omitempty"`
	State     string `json:"state,omitempty"`
	StatusURL string `json:"status_url,omitempty"`
}

// Answer sends a problem with a status, a title and mistakes.
func Answer(c echo.Context, status int, title string, fields ...Field) error {
	return Problem{Title: title, Status: status, Errors: fields}.Answer(c)
}

// Answer sends the problem.
func (p Problem) Answer(c echo.Context) error {
	p.Type = "about:blank"
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode problem: %w", err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(p.Status, "application/problem+json", b)
}
