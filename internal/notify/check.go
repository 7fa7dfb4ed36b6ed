package notify

import (
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/sidecard/sidecard/connector/transport"
)

// Limits of what a tenant may choose.
const (
	MaxEmails  = 5
	MaxAddress = 254 // characters of an e-mail address
	MaxURL     = 500 // characters of a webhook's address
)

var plainEmail = regexp.MustCompile("^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$")

// ValidEmail reports whether s is one bare address: no name, no list, nothing that could begin another header.
func ValidEmail(s string) bool {
	if len(s) > MaxAddress || !plainEmail.MatchString(s) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

var (
	chat  = regexp.MustCompile(`^(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,63})$`)
	token = regexp.MustCompile(`^[0-9]{5,20}:[A-Za-z0-9_-]{20,100}$`)
)

// ValidChat reports whether s names a Telegram chat: its number or its @name.
func ValidChat(s string) bool { return chat.MatchString(s) }

// ValidToken reports whether s has the form of a Telegram bot's token.
func ValidToken(s string) bool { return token.MatchString(s) }

// ValidURL reports whether s can be a webhook's address: https and a host. private also takes http and private addresses.
// A name is looked at when it is dialled.
func ValidURL(s string, private bool) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > MaxURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" || strings.HasSuffix(u.Host, ":") {
		return false
	}
	if private {
		return u.Scheme == "https" || u.Scheme == "http"
	}
	if u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") && !strings.Contains(u.Hostname(), ":") {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err != nil || transport.Public(ip)
}
