package notify

import (
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
