package usedesk

import (
	"errors"
	"testing"

	"github.com/sidecard/sidecard/connector/transport"
)

func TestHosts_cloudsAndConfiguredHosts(t *testing.T) {
	h, err := NewHosts([]string{"127.0.0.1:8082", "https://desk.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"https://api.usedesk.ru/":              "https://api.usedesk.ru/",
		"api.usedesk.ru":                       "https://api.usedesk.ru/",
		"https://secure.usedesk.com/uapi/":     "https://secure.usedesk.com/uapi/",
		"https://secure.usedesk.com/uapi":      "https://secure.usedesk.com/uapi/",
		"secure.usedesk.ru":                    "https://secure.usedesk.ru/uapi/",
		"127.0.0.1:8082":                       "http://127.0.0.1:8082/",
		"desk.example.com/uapi":                "https://desk.example.com/uapi/",
		"evil.usedesk.ru":                      "",
		"usedesk.ru":                           "",
		"https://api.usedesk.ru@evil.example/": "",
		"https://secure.usedesk.com/uapi/?x=1": "",
	} {
		got, err := h.Base(given)
		if got != want {
			t.Errorf("Base(%q) = %q, %v; want %q", given, got, err, want)
		}
		if _, ok := errors.AsType[*transport.HostError](err); ok != (want == "") {
			t.Errorf("Base(%q): error %v", given, err)
		}
	}
	if _, err := NewHosts([]string{"http://u@x"}); err == nil {
		t.Error("NewHosts took a user name")
	}
}

func TestHosts_tokenNeverGoesToAStranger(t *testing.T) {
	h, err := NewHosts(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New("https://evil.example/", testToken, WithHTTP(h.HTTPClient(0)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateComment(t.Context(), CommentInput{TicketID: 1, Message: "x"})
	if _, ok := errors.AsType[*transport.HostError](err); !ok || !errors.Is(err, ErrNetwork) {
		t.Errorf("%v", err)
	}
}
