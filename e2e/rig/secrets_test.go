package rig

import (
	"strings"
	"testing"
)

func TestLeaks_findsEachSecretAndNothingElse(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	known := map[string]string{"the helpdesk's token": "desk-token", "nothing": ""}
	for out, want := range map[string]string{
		`{"msg":"request","route":"/blocks/amocrm/:session"}`:                           "",
		`{"msg":"request","route":"/hooks/amocrm/:secret","tenant":"0123456789abcdef"}`: "",
		"sk_wrong eyJ redis://127.0.0.1:6379/0 {\"at\":\"12:30:00\",\"x\":\"a@b\"}":     "",
		"first\nkey sk_" + letters + "\nlast":                                           "a trigger key in: key sk_",
		"Bearer eyJ0eXAi" + letters:                                                     "an access token",
		"def50200" + strings.Repeat("a1", 20):                                           "a refresh token",
		"/blocks/amocrm/" + letters[:22] + "/people":                                    "a block's session",
		"POST /hooks/amocrm/" + letters[:26]:                                            "a webhook's secret",
		"https://api.telegram.org/bot123456:" + letters:                                 "a bot's token",
		"redis://user:pass@host:6379":                                                   "a password",
		"x desk-token y":                                                                "the helpdesk's token in: x desk-token y",
	} {
		got := Leaks(out, known)
		if (want == "") != (len(got) == 0) || want != "" && !strings.HasPrefix(got[0], want) {
			t.Errorf("%q: %v, want %q", out, got, want)
		}
	}
}
