package tenant

import "testing"

func TestHost_ofStoredAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.amocrm.ru":           "example.amocrm.ru",
		"http://127.0.0.1:8081":               "127.0.0.1:8081",
		"https://desk.example/uapi/":          "desk.example",
		"https://hooks.example/a?key=b":       "hooks.example",
		"https://user:password@hooks.example": "hooks.example",
		"example.amocrm.ru":                   "",
		"https://%zz":                         "",
		"":                                    "",
	} {
		if got := Host(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
