package api

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"
)

// OpenAPI describes what machines call. Tests hold requests and answers against it.
//
//go:embed openapi.yaml
var OpenAPI []byte

func describe(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", OpenAPI)
}
