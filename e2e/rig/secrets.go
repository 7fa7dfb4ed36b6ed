package rig

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// secretForms are secrets told by their form, which no process may print in any test.
var secretForms = map[string]*regexp.Regexp{
	"a trigger key":             regexp.MustCompile(`sk_[A-Za-z0-9_-]{32}`),
	"an access token":           regexp.MustCompile(`eyJ0eX[A-Za-z0-9_-]{20,}`),
	"a refresh token or a code": regexp.MustCompile(`def50200[0-9a-f]{24}`),
	"a block's session":         regexp.MustCompile(`/blocks/amocrm/[A-Za-z0-9_-]{22}`),
	"a webhook's secret":        regexp.MustCompile(`/hooks/amocrm/[a-z2-7]{26}`),
	"a bot's token":             regexp.MustCompile(`bot[0-9]{4,}:[A-Za-z0-9_-]{10,}`),
	"a password in an address":  regexp.MustCompile(`[a-z]+://[^/\s:@"]*:[^/\s@"]+@`),
}

// Leaks are the secrets that out holds: those of a known form, and the given ones by name.
func Leaks(out string, known map[string]string) []string {
	var found []string
	for name, form := range secretForms {
		if at := form.FindStringIndex(out); at != nil {
			found = append(found, fmt.Sprintf("%s in: %s", name, around(out, at[0])))
		}
	}
	for name, secret := range known {
		if at := strings.Index(out, secret); secret != "" && at >= 0 {
			found = append(found, fmt.Sprintf("%s in: %s", name, around(out, at)))
		}
	}
	return found
}

// around is the line of a leak.
func around(out string, at int) string {
	from := strings.LastIndexByte(out[:at], '\n') + 1
	line, _, _ := strings.Cut(out[from:], "\n")
	return line
}

// Secrets are what this world's processes know and must not print, asked when a process ends: a login by amoCRM's button
// makes new ones on the way.
func (w *World) Secrets() map[string]string {
	info := w.Info
	client := http.Client{Timeout: 2 * time.Second}
	if res, err := client.Get(w.Amo + "/_sandbox/info"); err == nil { // a test may have ended the sandbox: then the first answer counts
		var now Info
		if json.NewDecoder(res.Body).Decode(&now) == nil {
			info.Integrations = append(info.Integrations, now.Integrations...)
		}
		_ = res.Body.Close()
	}
	known := map[string]string{"the seal key": SealKey[3:], "the helpdesk's token": info.UsedeskToken}
	for _, in := range info.Integrations {
		known["the secret of integration "+in.ID] = in.Secret
	}
	return known
}
