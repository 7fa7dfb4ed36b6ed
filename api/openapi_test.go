package api

import (
	"bytes"
	"net/http/httptest"
	"testing"
)

func TestOpenAPI_isServedAndDescribesItself(t *testing.T) {
	e := ruleServer(t, &work{}, false)
	for _, path := range []string{"/api/openapi.yaml", "/healthz", "/readyz"} {
		r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
		e.ServeHTTP(w, r)
		c, err := described()
		if err == nil {
			err = c.Check(r, nil, w.Code, w.Header(), w.Body.Bytes())
		}
		if err != nil || w.Code != 200 {
			t.Errorf("%s: %d, %v", path, w.Code, err)
		}
		if path == "/api/openapi.yaml" && !bytes.Equal(w.Body.Bytes(), OpenAPI) {
			t.Error("another description is served")
		}
	}
}
