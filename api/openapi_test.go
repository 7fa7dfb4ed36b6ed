package api

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/sidecard/sidecard/api/contract"
)

func TestOpenAPI_isServedAndDescribesItself(t *testing.T) {
	e := New(Options{Log: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return nil }})
	described, err := contract.New(OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/openapi.yaml", "/healthz", "/readyz"} {
		r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if err := described.Check(r, nil, w.Code, w.Header(), w.Body.Bytes()); err != nil || w.Code != 200 {
			t.Errorf("%s: %d, %v", path, w.Code, err)
		}
		if path == "/api/openapi.yaml" && !bytes.Equal(w.Body.Bytes(), OpenAPI) {
			t.Error("another description is served")
		}
	}
}
