package amocrm

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sidecard/sidecard/connector/transport"
)

func answer(status int, kind, body string) transport.Answer {
	return transport.Answer{Status: status, Header: http.Header{"Content-Type": {kind}}, Body: []byte(body)}
}

func TestProblem_kinds(t *testing.T) {
	const js, page = "application/problem+json", "text/html"
	for _, tt := range []struct {
		status int
		kind   string
		want   error
	}{
		{400, js, ErrInvalid}, {405, js, ErrInvalid}, {422, js, ErrInvalid}, {401, js, ErrUnauthorized}, {402, js, ErrPayment},
		{403, js, ErrForbidden}, {403, page, ErrBlocked}, {404, js, ErrNotFound}, {429, js, ErrLimited}, {429, page, ErrLimited},
		{500, js, ErrUpstream}, {502, page, ErrUpstream}, {302, page, ErrUpstream},
	} {
		err := problem("GET /account", answer(tt.status, tt.kind, "{}"))
		for _, sentinel := range sentinels {
			if errors.Is(err, sentinel) != (sentinel == tt.want) {
				t.Errorf("%d %s is %v, want only %v", tt.status, tt.kind, sentinel, tt.want)
			}
		}
	}
}

func TestProblem_examples(t *testing.T) {
	const choice = "The value you selected is not a valid choice."
	for name, want := range map[string][]FieldError{
		"error-validation":        {{"0", "NotSupportedChoice", "custom_fields_values.0.field_id", choice}},
		"error-validation-enum":   {{"0", "NotSupportedChoice", "custom_fields_values.6.values.0.value", choice}},
		"error-validation-status": {{"0", "NotSupportedChoice", "status_id", choice}},
		"error-validation-complex": {
			{"qweasd", "InvalidType", "_embedded.contacts.0.responsible_user_id", "This value should be of type int."},
			{"qweasd", "NotSupportedChoice", "_embedded.contacts.0.responsible_user_id", choice},
		},
		"error-400-webhook-invalid-url": {{"0", "57c2f299-1154-4870-89bb-ef3b1f5ad229", "destination.destination", "Invalid URL"}},
		"error-400-loss-reason-map":     {{"11062353", "", "", "Loss reason can be specified only for lost lead"}},
		"error-404-pipeline":            nil,
		"error-401-api-ru":              nil,
	} {
		e := problem("POST /leads", answer(400, "application/problem+json", example(t, name)))
		if diff := cmp.Diff(want, e.Validation); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if e.Title == "" || e.Detail == "" {
			t.Errorf("%s: title %q, detail %q", name, e.Title, e.Detail)
		}
	}
	var one FieldError
	if err := json.Unmarshal([]byte(example(t, "error-validation-field-not-expected-item")), &one); err != nil || one.Code != "FieldNotExpected" {
		t.Errorf("single item: %+v, %v", one, err)
	}
}

func TestProblem_everyCodeOfTheDocumentation(t *testing.T) {
	var bodies []json.RawMessage
	if err := json.Unmarshal([]byte(example(t, "errors-http-codes-kommo-pt")), &bodies); err != nil {
		t.Fatal(err)
	}
	for _, body := range bodies {
		var head struct {
			Status int `json:"status"`
		}
		if err := json.Unmarshal(body, &head); err != nil {
			t.Fatal(err)
		}
		if head.Status == 0 {
			head.Status = 404
		}
		e := problem("GET /x", answer(head.Status, "application/problem+json", string(body)))
		if e.Title == "" || e.Detail == "" {
			t.Errorf("%s: %+v", body, e)
		}
		if head.Status == 429 && e.RetryAfter != 300 {
			t.Errorf("retry_after is %d", e.RetryAfter)
		}
	}
}

func TestProblem_cutsTokensQueriesAndLength(t *testing.T) {
	body := `{"title":"T","detail":"Bearer token-one at https://x.amocrm.ru/api?token=abc&x=1 failed\u0000 ` + strings.Repeat("я", 2000) +
		`","hint":"token-one","validation-errors":[{"request_id":7,"errors":[{"code":5,"path":null,"detail":"token-one"}]}]}`
	e := problem("GET /x", answer(400, "application/problem+json", body), "token-one")
	e.RequestID = "r"
	if text := e.Error(); strings.Contains(text, "token-one") || strings.Contains(text, "token=abc") || strings.ContainsRune(text, 0) {
		t.Errorf("the error shows too much: %s", text)
	}
	if n := len([]rune(e.Detail)); n > maxText+1 {
		t.Errorf("detail of %d runes", n)
	}
	if e.Validation[0].RequestID != "7" || e.Validation[0].Code != "5" {
		t.Errorf("loose members: %+v", e.Validation)
	}
}

func TestProblem_boundsTheReasons(t *testing.T) {
	body := `{"validation-errors":[` + strings.TrimSuffix(strings.Repeat(`{"request_id":"0","errors":[{"code":"c","path":"p","detail":"d"}]},`, 500), ",") + `]}`
	e := problem("POST /leads", answer(400, "application/json", body))
	if len(e.Validation) != maxReasons || len(e.Error()) > 300 {
		t.Errorf("%d reasons, text of %d bytes", len(e.Validation), len(e.Error()))
	}
}

func TestProblem_survivesAnyBody(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `"x"`, "<html>", `{"validation-errors":"x"}`, `{"errors":[1]}`, `{"title":[1]}`, "\xff\xfe"} {
		if e := problem("GET /x", answer(400, "", body)); !errors.Is(e, ErrInvalid) || e.Error() == "" {
			t.Errorf("%q: %v", body, e)
		}
	}
}
