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
func (s *Control) controlGrant(w http.ResponseWriter, r *http.Request) error {
	var req grantRequest
	if err := readControl(r.Body, &req, grantFields); err != nil {
		return err
	}
	var answer grantAnswer
	var err error
	s.State.Write(func(state *world.World) {
		var a *world.Account
		var in *world.Integration
		var u *world.User
		if a, in, u, err = req.resolve(state); err != nil {
			return
		}
		answer = grantAnswer{AccountID: a.ID, Host: a.Host, BaseURL: api.Scheme(r) + a.Host, ClientID: in.ID}
		answer.Tokens, err = s.Grants.IssueTokens(state, in, a, u.ID)
	})
	return s.savedAnswer(w, answer, err)
}

// controlCode issues an authorisation code, as a person's consent would.
func (s *Control) controlCode(w http.ResponseWriter, r *http.Request) error {
	var req grantRequest
	if err := readControl(r.Body, &req, grantFields); err != nil {
		return err
	}
	answer := map[string]string{}
	var err error
	s.State.Write(func(state *world.World) {
		var a *world.Account
		var in *world.Integration
		var u *world.User
		if a, in, u, err = req.resolve(state); err != nil {
			return
		}
		answer = map[string]string{
			"code": s.Grants.IssueCode(state, in, a, u.ID).Value, "referer": a.Host, "client_id": in.ID, "platform": "1",
		}
	})
	return s.savedAnswer(w, answer, err)
}

// revokeRequest says whose grants end; absent is everybody's.
type revokeRequest struct {
	Account  world.Selector `json:"account"`
	ClientID string         `json:"client_id"`
	Hook     bool           `json:"hook"` // call the disconnect hook
}

// target resolves the selectors into the arguments of revokeGrants.
func (q revokeRequest) target(w *world.World) (account int64, err error) {
	if q.Account != "" {
		a, err := q.Account.Find(w)
		if err != nil {
			return 0, err
		}
		account = a.ID
	}
	if q.ClientID != "" {
		_, err = findIntegration(w, q.ClientID)
	}
	return account, err
}

func (s *Control) controlRevoke(w http.ResponseWriter, r *http.Request) error {
	var req revokeRequest
	if err := readControl(r.Body, &req, "account, client_id, hook"); err != nil {
		return err
	}
	var account int64
	var err error
	s.State.Read(func(state *world.World) { account, err = req.target(state) })
	if err != nil {
		return err
	}
	n, err := s.Grants.Disconnect(account, req.ClientID, req.Hook)
	return s.savedAnswer(w, map[string]int{"revoked": n}, err)
}

// controlExpire ends the life of access tokens; the refresh tokens stay good.
func (s *Control) controlExpire(w http.ResponseWriter, r *http.Request) error {
	var req struct {
		Account  world.Selector `json:"account"`
		ClientID string         `json:"client_id"`
	}
	if err := readControl(r.Body, &req, "account, client_id"); err != nil {
		return err
	}
	var n int
	var err error
	s.State.Write(func(state *world.World) {
		var account int64
		if account, err = (revokeRequest{Account: req.Account, ClientID: req.ClientID}).target(state); err != nil {
			return
		}
		for _, g := range state.Access {
			if (account == 0 || g.Account == account) && (req.ClientID == "" || g.ClientID == req.ClientID) && g.ExpiresAt > s.Now().Unix() {
				g.ExpiresAt = s.Now().Unix()
				n++
			}
		}
	})
	return s.savedAnswer(w, map[string]int{"expired": n}, err)
}
