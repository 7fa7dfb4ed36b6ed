package control

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/oauth"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

const grantFields = "account, client_id, user"

// grantRequest says who grants what. Everything may be absent: the first account, the configured integration, the
// first administrator.
type grantRequest struct {
	Account  world.Selector `json:"account"`
	ClientID string         `json:"client_id"`
	User     userName       `json:"user"`
}

// userName is a user's id or e-mail address.
type userName string

// UnmarshalJSON takes a string or a number.
func (v *userName) UnmarshalJSON(raw []byte) error {
	var s world.Selector
	if s.UnmarshalJSON(raw) != nil {
		return kit.WrongField("user", "a user's id or e-mail")
	}
	*v = userName(s)
	return nil
}

// find resolves the name; empty is the first administrator.
func (v userName) find(a *world.Account) (*world.User, error) {
	if v == "" {
		return a.FirstAdmin(), nil
	}
	var names []string
	for _, u := range a.Users {
		id := strconv.FormatInt(u.ID, 10)
		if string(v) == id || strings.EqualFold(string(v), u.Email) {
			return u, nil
		}
		names = append(names, id+" = "+u.Email)
	}
	return nil, fmt.Errorf("user: no user %q in account %d; accepted are %s", string(v), a.ID, strings.Join(names, ", "))
}

// resolve finds all three. The caller holds a lock.
func (g grantRequest) resolve(w *world.World) (*world.Account, *world.Integration, *world.User, error) {
	a, err := g.Account.Find(w)
	if err != nil {
		return nil, nil, nil, err
	}
	in, err := findIntegration(w, g.ClientID)
	if err != nil {
		return nil, nil, nil, err
	}
	u, err := g.User.find(a)
	return a, in, u, err
}

// grantAnswer is a token pair and where it is good.
type grantAnswer struct {
	oauth.Tokens
	AccountID int64  `json:"account_id"`
	Host      string `json:"host"`
	BaseURL   string `json:"base_url"`
	ClientID  string `json:"client_id"`
}

// controlGrant issues a pair without any walk.
func (s *Control) controlGrant(w *world.World, r *http.Request, req grantRequest) (any, error) {
	a, in, u, err := req.resolve(w)
	if err != nil {
		return nil, err
	}
	return grantAnswer{s.Grants.IssueTokens(w, in, a, u.ID), a.ID, a.Host, api.Scheme(r) + a.Host, in.ID}, nil
}

// controlCode issues an authorisation code, as a person's consent would.
func (s *Control) controlCode(w *world.World, _ *http.Request, req grantRequest) (any, error) {
	a, in, u, err := req.resolve(w)
	if err != nil {
		return nil, err
	}
	code := s.Grants.IssueCode(w, in, a, u.ID).Value
	return map[string]string{"code": code, "referer": a.Host, "client_id": in.ID, "platform": "1"}, nil
}

// grantsOf resolves selectors into the arguments of Disconnect; empty is everybody's.
func grantsOf(w *world.World, of world.Selector, clientID string) (account int64, err error) {
	if of != "" {
		a, err := of.Find(w)
		if err != nil {
			return 0, err
		}
		account = a.ID
	}
	if clientID != "" {
		_, err = findIntegration(w, clientID)
	}
	return account, err
}

// revokeRequest says whose grants end; absent is everybody's.
type revokeRequest struct {
	Account  world.Selector `json:"account"`
	ClientID string         `json:"client_id"`
	Hook     bool           `json:"hook"` // call the disconnect hook
}

func (s *Control) controlRevoke(r *http.Request) (any, error) {
	var req revokeRequest
	if err := readControl(r.Body, &req, "account, client_id, hook"); err != nil {
		return nil, err
	}
	var account int64
	var err error
	s.State.Read(func(w *world.World) { account, err = grantsOf(w, req.Account, req.ClientID) })
	if err != nil {
		return nil, err
	}
	n, err := s.Grants.Disconnect(account, req.ClientID, req.Hook)
	if err != nil {
		return nil, err
	}
	return s.saved(map[string]int{"revoked": n})
}

// expireRequest says whose access tokens; absent is everybody's.
type expireRequest = struct {
	Account  world.Selector `json:"account"`
	ClientID string         `json:"client_id"`
}

// controlExpire ends the life of access tokens; the refresh tokens stay good.
func (s *Control) controlExpire(w *world.World, _ *http.Request, req expireRequest) (any, error) {
	account, err := grantsOf(w, req.Account, req.ClientID)
	if err != nil {
		return nil, err
	}
	n, now := 0, s.Now().Unix()
	for _, g := range w.Access {
		if (account == 0 || g.Account == account) && (req.ClientID == "" || g.ClientID == req.ClientID) && g.ExpiresAt > now {
			g.ExpiresAt = now
			n++
		}
	}
	return map[string]int{"expired": n}, nil
}
