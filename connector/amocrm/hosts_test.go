package amocrm

import (
	"errors"
	"testing"
)

func TestHosts_accountsOnly(t *testing.T) {
	h, err := NewHosts([]string{"127.0.0.1:8081"})
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"hogwarts.amocrm.com":          "https://hogwarts.amocrm.com",
		"https://hogwarts.amocrm.com/": "https://hogwarts.amocrm.com",
		"Hogwarts.Kommo.com":           "https://hogwarts.kommo.com",
		"x.amocrm.ru":                  "https://x.amocrm.ru",
		"apiary.amocrm.ru":             "https://apiary.amocrm.ru",
		"http://127.0.0.1:8081":        "http://127.0.0.1:8081",
		"www.amocrm.ru":                "",
		"api-a.amocrm.ru":              "",
		"api.kommo.com":                "",
		"api2.kommo.com":               "",
		"amocrm.ru":                    "",
		"a.b.amocrm.ru":                "",
		"evil.example/?x=.amocrm.ru":   "",
		"x.amocrm.ru.evil.example":     "",
		"169.254.169.254":              "",
	} {
		got, err := h.Base(given)
		if got != want {
			t.Errorf("Base(%q) = %q, %v; want %q", given, got, err, want)
		}
		if _, ok := errors.AsType[*HostError](err); ok != (want == "") {
			t.Errorf("Base(%q): error %v", given, err)
		}
	}
	if _, err := NewHosts([]string{"http://u@x"}); err == nil {
		t.Error("NewHosts took a user name")
	}
}

func TestHosts_clientRefusesOtherHosts(t *testing.T) {
	h, err := NewHosts(nil)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := Exchange(t.Context(), h.HTTPClient(0), "https://evil.example", TokenRequest{ClientSecret: "hush", Code: "c"})
	if _, ok := errors.AsType[*HostError](err); !ok || !errors.Is(err, ErrNetwork) || pair != (TokenPair{}) {
		t.Errorf("secret sent to a stranger: %v", err)
	}
}

// What an access token names as its api_domain gets the refresh token, so it has a list of its own.
func TestHosts_apiHostsOnly(t *testing.T) {
	h, err := NewHosts([]string{"127.0.0.3:8081"})
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"api-a.amocrm.ru":              "https://api-a.amocrm.ru",
		"API-B.kommo.com":              "https://api-b.kommo.com",
		"api2.amocrm.com":              "https://api2.amocrm.com",
		"127.0.0.3:8081":               "http://127.0.0.3:8081",
		"www.amocrm.ru":                "",
		"hogwarts.amocrm.ru":           "",
		"apiary.amocrm.ru":             "",
		"api-a.amocrm.ru.evil.example": "",
		"api-a.evil.example":           "",
		"x.api-a.amocrm.ru":            "",
		"api-a.amocrm.ru/path":         "",
		"api-a.amocrm.ru@evil.example": "",
		"127.0.0.1:8081":               "",
		"":                             "",
	} {
		if got, err := h.API(given); got != want || (err == nil) != (want != "") {
			t.Errorf("API(%q) = %q, %v; want %q", given, got, err, want)
		}
	}
	_, err = FindHome(t.Context(), h.APIClient(0), "https://hogwarts.amocrm.ru", "hush")
	if _, ok := errors.AsType[*HostError](err); !ok || !errors.Is(err, ErrNetwork) {
		t.Errorf("a refresh token sent to an account's host: %v", err)
	}
}
