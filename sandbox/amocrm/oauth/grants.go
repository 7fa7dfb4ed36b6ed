package oauth

import (
	"cmp"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/hooks"
	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Lives of what OAuth hands out (amocrm.md §1.3).
const (
	codeLife    = 20 * time.Minute
	accessLife  = 24 * time.Hour
	refreshLife = 90 * 24 * time.Hour // "three months"
)

// AllScopes are those of an integration that names none.
var AllScopes = []string{"crm", "files", "files_delete", "notifications", "push_notifications"}

// Tokens is the answer of the token endpoint.
type Tokens struct {
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	ServerTime   int64  `json:"server_time"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

// IssueCode makes an authorisation code. The caller holds the write lock.
func (s *Grants) IssueCode(w *world.World, in *world.Integration, a *world.Account, user int64) *world.Code {
	c := &world.Code{Value: token.Opaque(), ClientID: in.ID, Account: a.ID, User: user, IssuedAt: s.Now().Unix()}
	w.Codes[c.Value] = c
	return c
}

// IssueTokens makes a new pair; other pairs live on. The caller holds the write lock.
func (s *Grants) IssueTokens(w *world.World, in *world.Integration, a *world.Account, user int64) Tokens {
	forgetExpired(w, s.Now())
	now := s.Now().Unix()
	g := &world.Access{JTI: token.Hex(40), ClientID: in.ID, Account: a.ID, User: user, ExpiresAt: now + int64(accessLife.Seconds())}
	scopes := in.Scopes
	if len(scopes) == 0 {
		scopes = AllScopes
	}
	jwt := token.Sign(w.SigningKey, token.Claims{
		Aud: in.ID, JTI: g.JTI, IAT: now, NBF: now, Exp: g.ExpiresAt, Sub: strconv.FormatInt(user, 10),
		AccountID: a.ID, BaseDomain: "amocrm.ru", Version: 2, Scopes: scopes, HashUUID: token.UUID(), APIDomain: cmp.Or(s.APIHost, a.Host),
	})
	r := &world.Refresh{Value: token.Opaque(), ClientID: in.ID, Account: a.ID, User: user, IssuedAt: now}
	w.Access[g.JTI], w.Refresh[r.Value] = g, r
	return Tokens{
		TokenType: "Bearer", ExpiresIn: int64(accessLife.Seconds()), ServerTime: now, AccessToken: jwt, RefreshToken: r.Value,
	}
}

// forgetExpired bounds the tables. Used and revoked tokens stay known as such for as long again as they would have lived.
func forgetExpired(w *world.World, now time.Time) {
	over := func(since int64, life time.Duration) bool { return now.Unix()-since > int64(life.Seconds()) }
	maps.DeleteFunc(w.Access, func(_ string, g *world.Access) bool { return over(g.ExpiresAt, accessLife) })
	maps.DeleteFunc(w.Refresh, func(_ string, r *world.Refresh) bool { return over(r.IssuedAt, 2*refreshLife) })
	maps.DeleteFunc(w.Codes, func(_ string, c *world.Code) bool { return over(c.IssuedAt, accessLife) })
}

// revokeGrants ends every token and code of an integration in an account; 0 and "" are all. It returns the ended
// grants: the pairs of account and integration that had a live one. The caller holds the write lock.
func revokeGrants(w *world.World, account int64, clientID string) map[grantKey]bool {
	ended := map[grantKey]bool{}
	hit := func(k grantKey) bool {
		return (account == 0 || k.account == account) && (clientID == "" || k.clientID == clientID)
	}
	for _, r := range w.Refresh {
		if k := (grantKey{r.Account, r.ClientID}); hit(k) && !r.Revoked {
			r.Revoked, ended[k] = true, true
		}
	}
	for _, g := range w.Access {
		if k := (grantKey{g.Account, g.ClientID}); hit(k) && !g.Revoked {
			g.Revoked, ended[k] = true, true
		}
	}
	for _, c := range w.Codes {
		if hit(grantKey{c.Account, c.ClientID}) {
			c.Used = true
		}
	}
	return ended
}

// grantKey names what a person disconnects: an integration in an account.
type grantKey struct {
	account  int64
	clientID string
}

// Granted reports whether the integration has a live grant in the account.
func Granted(w *world.World, account int64, clientID string) bool {
	for _, r := range w.Refresh {
		if r.Account == account && r.ClientID == clientID && !r.Used && !r.Revoked {
			return true
		}
	}
	return false
}

// Disconnect ends the grants of an integration in an account (0 and "" are all) and, when asked, tells the
// integration's disconnect hook. It returns how many connections ended.
func (s *Grants) Disconnect(account int64, clientID string, tell bool) (int, error) {
	var ended map[grantKey]bool
	var calls []hooks.Delivery
	s.State.Write(func(w *world.World) {
		ended = revokeGrants(w, account, clientID)
		for k := range ended {
			in, a := w.Integrations[k.clientID], w.AccountByID(k.account)
			if tell && in != nil && a != nil && in.DisconnectURI != "" {
				calls = append(calls, hooks.Delivery{
					Epoch: w.Epoch, Host: a.Host, Method: http.MethodGet, URL: disconnectURL(in, a.ID), Attempt: 1,
				})
			}
		}
	})
	for _, d := range calls {
		s.Courier.Send(d)
	}
	return len(ended), s.State.Save()
}

// disconnectURL is the signed call of amocrm.md §1.10.
func disconnectURL(in *world.Integration, account int64) string {
	id := strconv.FormatInt(account, 10)
	return AddQuery(in.DisconnectURI, url.Values{
		"account_id": {id}, "client_uuid": {in.ID},
		"signature": {hex.EncodeToString(token.MAC([]byte(in.Secret), in.ID+"|"+id))},
	})
}

// AddQuery puts parameters behind those that an address has already.
func AddQuery(address string, q url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += q.Encode()
	return u.String()
}
