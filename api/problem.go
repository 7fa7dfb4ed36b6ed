package api

import (
	"encoding/json"
	"fmt"

	"github.com/labstack/echo/v4"
)

// FieldProblem is one mistake in a request: Path leads into its body, Code is for programs, Detail for people.
type FieldProblem struct {
	Path   string `json:"path"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// problem is the body of every refusal of the API (RFC 9457).
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Errors []FieldProblem `json:"errors,omitempty"`
}

// Problem answers with application/problem+json. title is a sentence for people; it says what to do where it can.
func Problem(c echo.Context, status int, title string, fields ...FieldProblem) error {
	b, err := json.Marshal(problem{Type: "about:blank", Title: title, Status: status, Errors: fields})
	if err != nil {
		return fmt.Errorf("encode problem: %w", err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(status, "application/problem+json", b)
}
