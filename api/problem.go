package api

import (
	"encoding/json"
	"fmt"

	"github.com/labstack/echo/v4"
)

// FieldProblem is one mistake in a request: Path leads into its body, Code is for programs, Detail for people. Given is what
// a value held that was left out.
type FieldProblem struct {
	Path   string `json:"path"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Given  string `json:"given,omitempty"`
}

// problem is the body of every refusal of the API (RFC 9457).
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Errors []FieldProblem `json:"errors,omitempty"`

	Remarks []FieldProblem `json:"remarks,omitempty"` // of a dry run: what would be left out besides

	// Of a firing that was stored all the same.
	ID        string `json:"id,omitempty"`
	State     string `json:"state,omitempty"`
	StatusURL string `json:"status_url,omitempty"`
}

// Problem answers with application/problem+json. title is a sentence for people; it says what to do where it can.
func Problem(c echo.Context, status int, title string, fields ...FieldProblem) error {
	return problem{Title: title, Status: status, Errors: fields}.answer(c)
}

func (p problem) answer(c echo.Context) error {
	p.Type = "about:blank"
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode problem: %w", err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(p.Status, "application/problem+json", b)
}
