// Package tenant knows who is asking: one tenant is one helpdesk account joined to one amoCRM account. It owns a tenant's
// identity, its keys and its settings, and how they are found. It refuses to know how a login works and what is done with it.
//
// Invariants:
//   - credentials are looked up by fingerprint; no token, secret or trigger key lies in Redis in clear;
//   - one credential opens one tenant, however many requests bring it at once;
//   - a stranger who knows an account's host gets a separate tenant, unconnected;
//   - a renamed amoCRM account keeps its tenants: their former and their new address open them (Move);
//   - a tenant that was never connected is forgotten 30 days after it was last seen, a connected one never.
//
// Writes go in an order that leaves, after a crash between two of them, at most a record that nobody finds and that expires.
package tenant

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"time"
)

// Tenant is one helpdesk account joined to one amoCRM account.
type Tenant struct {
	V             int       `json:"v"`            // schema of the stored form
	ID            string    `json:"id"`           // random; in every Redis key of the tenant
	AmoBase       string    `json:"amo_base"`     // "https://example.amocrm.ru", as the host rules give it; the account's present address
	DeskBase      string    `json:"desk_base"`    // base address of the helpdesk's API, "" for the usual one
	DeskToken     string    `json:"-"`            // helpdesk API token, "" when the block gives a secret only
	TriggerKey    string    `json:"-"`            // "sk_…", what the helpdesk's rules show
	OldTriggerKey string    `json:"-"`            // the one before, which rules may show until OldTriggerEnd; "" for none
	IntegrationID string    `json:"integration"`  // amoCRM client_id of the last login
	AccountID     int64     `json:"account_id"`   // amoCRM account id, 0 before the first login
	AccountName   string    `json:"account_name"` // its name at the last login
	Settings      Settings  `json:"settings"`     // what the company chose
	OldTriggerEnd time.Time `json:"old_trigger_end,omitzero"`
	Former        []string  `json:"former_bases,omitempty"` // AmoBase before the account was renamed, oldest first
	CreatedAt     time.Time `json:"created_at"`             // first seen
	ConnectedAt   time.Time `json:"connected_at"`           // last login, zero before the first
	SeenAt        time.Time `json:"seen_at,omitzero"`       // last opened block, to the day

	sections map[string]json.RawMessage // what blocks keep of its settings, opened
}

// Credential is what a block request proves itself with. AmoBase must have passed the host rules. With a Secret that is the
// identity and the helpdesk's token and address may change; without one the token is the identity.
type Credential struct {
	AmoBase   string
	DeskToken string
	DeskBase  string // used only together with DeskToken: a token goes only where its owner said
	Secret    string
}

var (
	// ErrNoCredential means that a request carries neither a helpdesk token nor a secret, or no amoCRM address.
	ErrNoCredential = errors.New("tenant: no helpdesk token and no secret given")
	// ErrNotFound means that there is no such tenant, or not any more.
	ErrNotFound = errors.New("tenant: not found")
)

// Host returns the host of an address that a tenant stores, with its port if it names one; "" for what is no address.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// Language returns the language of what is written for all of a company: the chosen one, else that of the page on which a section
// was chosen, "" for none.
func (t Tenant) Language() string { return cmp.Or(t.Settings.Language, t.sectionLanguage()) }

// String and LogValue keep the tenant's secrets out of logs and messages.
func (t Tenant) String() string { return "tenant " + t.ID }

// GoString is String: %#v must not print secrets either.
func (t Tenant) GoString() string { return t.String() }

// LogValue is String for slog.
func (t Tenant) LogValue() slog.Value { return slog.StringValue(t.ID) }

// Settings are a company's choices. The zero value is a company that chose nothing; every member may be missing in the
// stored form, so that a tenant stored before the member existed still opens.
type Settings struct {
	Region     string `json:"region,omitempty"`      // phone region such as "RU"; "" follows the amoCRM account's country
	Language   string `json:"language,omitempty"`    // "" follows the block's own parameter
	MaskPhones bool   `json:"mask_phones,omitempty"` // agents see "+7 ••• •••-45-67"

	// Where a new deal begins. Ids that are gone from the account count as not chosen; PipelineID and StatusID go together.
	PipelineID    int64  `json:"pipeline_id,omitempty"`
	StatusID      int64  `json:"status_id,omitempty"`
	ResponsibleID int64  `json:"responsible_id,omitempty"`
	DealName      string `json:"deal_name,omitempty"` // template of a new deal's name; "" is the ticket's subject

	// Ordered ids of what is shown of a deal; nil is the default.
	ListLayout []string `json:"list_layout,omitempty"`
	CardLayout []string `json:"card_layout,omitempty"`

	Mapping []FieldMap `json:"mapping,omitempty"`

	// CommentBack has the outcome of a rule's job written to its ticket as a private comment.
	CommentBack bool `json:"comment_back,omitempty"`
}

// FieldMap fills a custom field of amoCRM from what the helpdesk knows: From is a name of its own ("client.company",
// "ticket.id"), Entity is "contact" or "lead".
type FieldMap struct {
	From    string `json:"from"`
	Entity  string `json:"entity"`
	FieldID int64  `json:"field_id"`
}
