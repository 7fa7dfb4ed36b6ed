// Package contract holds exchanges with the service against api/openapi.yaml. It is for tests: nothing of the program
// imports it.
package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Contract is a description, ready to be compared with. It is safe for concurrent use.
type Contract struct {
	doc    *openapi3.T
	router routers.Router
}

// New reads api.OpenAPI, which it does not import so that the tests of api can use this package.
func New(raw []byte) (*Contract, error) {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err == nil {
		err = doc.Validate(context.Background())
	}
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return &Contract{doc, router}, nil
}

// Operations are what is described, as "POST /api/triggers/{id}".
func (c *Contract) Operations() []string {
	var all []string
	for path, item := range c.doc.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// Check says what of an exchange is not in the description: the path, the status, the answer's type or a field of it; and the
// request's body when it was taken (2xx), as what was refused may look like anything. sent is the request's body, got the
// answer's. Requests of the block are never refused, so their bodies are not looked at.
func (c *Contract) Check(r *http.Request, sent []byte, status int, header http.Header, got []byte) error {
	asked := r.Clone(context.WithoutCancel(r.Context()))
	asked.URL.Scheme, asked.URL.Host, asked.Host = "", "", ""
	asked.Body = io.NopCloser(bytes.NewReader(sent))
	route, params, err := c.router.FindRoute(asked)
	if err != nil {
		return fmt.Errorf("%s %s is not described: %w", r.Method, r.URL.Path, err)
	}
	in := &openapi3filter.RequestValidationInput{Request: asked, PathParams: params, Route: route, Options: &openapi3filter.Options{
		IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	}}
	refused := status >= http.StatusMultipleChoices || route.Operation.Tags[0] == "block"
	// JSON with comments and the like is taken, too; what it comes to is not for a schema to say.
	if !refused && asked.Header.Get("Content-Type") == "application/json" && json.Valid(sent) {
		if err := openapi3filter.ValidateRequest(asked.Context(), in); err != nil {
			return fmt.Errorf("%s %s was taken, but is not as described: %w", r.Method, r.URL.Path, err)
		}
	}
	out := (&openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: status, Header: header, Options: in.Options}).
		SetBodyBytes(got)
	if err := openapi3filter.ValidateResponse(asked.Context(), out); err != nil {
		return fmt.Errorf("the answer %d to %s %s is not as described: %w", status, r.Method, r.URL.Path, err)
	}
	return nil
}
