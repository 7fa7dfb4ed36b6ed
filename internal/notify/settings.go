package notify

import (
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Settings is where a company wants to hear that its rules are in trouble. Bot tokens and many webhook addresses are secrets, the
// recipients are people.
type Settings struct {
	Language      string   `json:"language,omitempty"` // of the page on which it was chosen
	Emails        []string `json:"emails,omitempty"`
	ChatID        string   `json:"chat_id,omitempty"` // Telegram's, goes together with BotToken
	BotToken      string   `json:"bot_token,omitempty" secret:"true"`
	WebhookURL    string   `json:"webhook_url,omitempty" secret:"true"`
	WebhookSecret string   `json:"webhook_secret,omitempty" secret:"true"` // signs what goes to WebhookURL
}

var section = tenant.NewSection[Settings]("notices")

// Section shows what a tenant has chosen, for its export.
type Section struct{}

// Name implements privacy.Section.
func (Section) Name() string { return section.Name() }

// Shown implements privacy.Section: of the webhook's address, which is often a secret, the host alone.
func (Section) Shown(t tenant.Tenant) map[string]any {
	n, shown := Of(t), map[string]any{}
	if len(n.Emails) > 0 {
		shown["emails"] = n.Emails
	}
	if n.ChatID != "" {
		shown["telegram_chat"] = n.ChatID
	}
	if n.WebhookURL != "" {
		shown["webhook_host"] = tenant.Host(n.WebhookURL)
	}
	return shown
}

// Of returns what a tenant has chosen.
func Of(t tenant.Tenant) Settings { return section.Of(t) }

// Choose changes what a tenant has chosen.
func (n Settings) Choose(t *tenant.Tenant) error {
	if n.Empty() {
		section.Clear(t)
		return nil
	}
	return section.Put(t, n)
}

// Empty reports whether nobody is to be told.
func (n Settings) Empty() bool { return len(n.Emails) == 0 && n.ChatID == "" && n.WebhookURL == "" }

// String and GoString keep it out of logs and messages.
func (n Settings) String() string { return "notices" }

// GoString is String.
func (n Settings) GoString() string { return n.String() }

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
