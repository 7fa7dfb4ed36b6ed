// Package world is everything that the local amoCRM remembers: accounts with their users, pipelines, fields, people, deals
// and what hangs on them, integrations and grants. It is plain data, so that it can be saved as one JSON file, with the
// ways to find things in it and the audit feed that every change is written to.
//
// It refuses to know HTTP and what may be changed. The caller holds the lock of the kit.State that guards the World.
package world

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// World is all of it. All access goes through a kit.State.
type World struct {
	Accounts     []*Account              `json:"accounts"`
	Integrations map[string]*Integration `json:"integrations"` // by client id
	Codes        map[string]*Code        `json:"codes"`        // authorisation codes
	Refresh      map[string]*Refresh     `json:"refresh"`      // refresh tokens, used ones too (they stay known as used)
	Access       map[string]*Access      `json:"access"`       // access tokens by jti; absent = never issued
	SigningKey   []byte                  `json:"signing_key"`  // of the access tokens (HS256: clients can't verify anyway)
	NextID       int64                   `json:"next_id"`      // ids of everything made after the seed

	// What a restart forgets.
	Epoch    int64         `json:"-"` // grows with every reset, so that what was under way for the old world can tell
	IndexLag time.Duration `json:"-"` // how long a new contact stays hidden from query
	Rate     int           `json:"-"` // the 429 threshold that a control call set; 0 is none
}

// Integration is an OAuth client. Account is 0 for one that any account may install.
type Integration struct {
	ID, Secret, Name, RedirectURI string
	Account                       int64
	External                      bool     // made by the button with metadata
	Scopes                        []string // of the access tokens; empty is everything
	DisconnectURI                 string   // GET hook of the reference §1.10, optional
}

// Code is an authorisation code: 20 minutes, one exchange.
type Code struct {
	Value, ClientID string
	Account, User   int64
	IssuedAt        int64
	Used            bool
}

// Refresh is a refresh token: three months, single use.
type Refresh struct {
	Value, ClientID string
	Account, User   int64
	IssuedAt        int64
	Used, Revoked   bool
}

// Access is what the server knows of an issued access token.
type Access struct {
	JTI, ClientID string
	Account, User int64
	ExpiresAt     int64
	Revoked       bool
}

// Account is one CRM account with its data. Hosts are compared with the request's Host header.
type Account struct {
	ID           int64
	Host         string // host:port a client uses, e.g. 127.0.0.1:8081
	Name         string
	Subdomain    string
	Former       []string // hosts and subdomains before a renaming, which lead nowhere unless another account has them
	Country      string
	Currency     string
	CurrencySign string
	Timezone     string
	Language     string
	FilterOn     bool
	Cents        bool // prices keep cents
	TariffEnded  bool // writes answer 402
	ReadsBlocked bool // reads answer 402 too, as some 30 days after the tariff's end

	Users       []*User
	Pipelines   []*Pipeline
	LossReasons []*LossReason
	Fields      map[string][]*Field      // by entity: leads, contacts, companies, and a catalog's kind
	FieldGroups map[string][]*FieldGroup // likewise; the predefined one only once it was changed
	Companies   map[int64]*Company
	Contacts    map[int64]*Contact
	Leads       map[int64]*Lead
	Notes       map[int64]*Note
	Tasks       map[int64]*Task
	Tags        map[string][]*Tag // by entity
	Events      []*Event          // oldest first
	Unsorted    map[string]*Unsorted
	Settled     []*Unsorted // those that wait no more, oldest first
	Hooks       []*Hook
	Catalogs    []*Catalog
}

// AccountAt is the account that a Host header names: by its host, or by its subdomain for clients that keep the name
// "{subdomain}.amocrm.ru" and only connect elsewhere. Any other name that the server answers at is the first one's.
func (w *World) AccountAt(host string) *Account {
	return cmp.Or(w.AccountNamed(host), w.Accounts[0])
}

// AccountNamed is nil for a name that is no account's.
func (w *World) AccountNamed(host string) *Account {
	label, _, _ := strings.Cut(host, ".")
	return cmp.Or(
		kit.First(w.Accounts, func(a *Account) bool { return strings.EqualFold(a.Host, host) }),
		kit.First(w.Accounts, func(a *Account) bool { return strings.EqualFold(a.Subdomain, label) }))
}

// AccountByID is nil for an unknown id.
func (w *World) AccountByID(id int64) *Account {
	return kit.First(w.Accounts, func(a *Account) bool { return a.ID == id })
}

// HostOf is an account's host, which renaming changes. The caller holds no lock.
func HostOf(state *kit.State[World], a *Account) (host string) {
	state.Read(func(*World) { host = a.Host })
	return host
}

// FirstAdmin is the user who grants and acts when nobody is named: an active administrator, else anyone.
func (a *Account) FirstAdmin() *User {
	admin := kit.First(a.Users, func(u *User) bool { return u.Admin && u.Active && !u.Free })
	return cmp.Or(admin, kit.First(a.Users, func(*User) bool { return true }), &User{})
}

// Selector names an account: by id, host or subdomain.
type Selector string

// UnmarshalJSON takes a string or a number.
func (v *Selector) UnmarshalJSON(raw []byte) error {
	var n json.Number
	var text string
	switch {
	case string(raw) == "null":
	case json.Unmarshal(raw, &text) == nil:
		*v = Selector(text)
	case json.Unmarshal(raw, &n) == nil:
		*v = Selector(n.String())
	default:
		return kit.WrongField("account", "an account's id, host or subdomain")
	}
	return nil
}

// Find resolves the selector; empty is the first account.
func (v Selector) Find(w *World) (*Account, error) {
	if v == "" {
		return w.Accounts[0], nil
	}
	var names []string
	for _, a := range w.Accounts {
		id := strconv.FormatInt(a.ID, 10)
		if string(v) == id || strings.EqualFold(string(v), a.Host) || strings.EqualFold(string(v), a.Subdomain) {
			return a, nil
		}
		names = append(names, id+" = "+a.Host+" = "+a.Subdomain)
	}
	return nil, fmt.Errorf("account: no account %q; accepted are %s", string(v), strings.Join(names, ", "))
}
