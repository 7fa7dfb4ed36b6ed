package tenant

import (
	"encoding/json"
	"fmt"
)

// Notices is where a company wants to hear that its rules are in trouble. It is stored sealed as a whole: bot tokens and
// many webhook addresses are secrets, the recipients are people.
type Notices struct {
	Language      string   `json:"language,omitempty"` // of the page on which it was chosen; Settings.Language goes before it
	Emails        []string `json:"emails,omitempty"`
	ChatID        string   `json:"chat_id,omitempty"` // Telegram's, goes together with BotToken
	BotToken      string   `json:"bot_token,omitempty"`
	WebhookURL    string   `json:"webhook_url,omitempty"`
	WebhookSecret string   `json:"webhook_secret,omitempty"` // signs what goes to WebhookURL
}

// Empty says that nobody is to be told.
func (n Notices) Empty() bool { return len(n.Emails) == 0 && n.ChatID == "" && n.WebhookURL == "" }

// String and GoString keep it out of logs and messages.
func (n Notices) String() string { return "notices" }

// GoString is String.
func (n Notices) GoString() string { return n.String() }

const noticesPart = "#notices"

func (d *Directory) sealNotices(n Notices, key string) (string, error) {
	if n.Empty() {
		return "", nil
	}
	plain, err := json.Marshal(n)
	if err != nil {
		return "", fmt.Errorf("encode notices: %w", err)
	}
	return d.db.Ring().Seal(plain, key+noticesPart), nil
}

// openNotices reads what sealNotices made; a tenant stored before there were notices has none.
func (d *Directory) openNotices(sealed, key string) (n Notices, err error) {
	if sealed == "" {
		return n, nil
	}
	plain, err := d.db.Ring().Open(sealed, key+noticesPart)
	if err != nil {
		return n, fmt.Errorf("open notices: %w", err)
	}
	if err := json.Unmarshal(plain, &n); err != nil {
		return n, fmt.Errorf("decode notices: %w", err)
	}
	return n, nil
}
