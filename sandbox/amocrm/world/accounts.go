package world

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

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
