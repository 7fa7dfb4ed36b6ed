package body

import "fmt"

// SyntaxError is the error of a body that can't be read at all.
type SyntaxError struct {
	Line, Column int // both from 1; 0 when the format has no lines
	Detail       string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Detail
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Detail)
}

// ContentTypeError is the error of a body in a format that is not read here.
type ContentTypeError struct{ Given string }

// Error implements error.
func (e *ContentTypeError) Error() string {
	given := e.Given
	if given == "" {
		given = "nothing"
	}
	return "send application/json, application/x-www-form-urlencoded or multipart/form-data; the request says " + given
}
