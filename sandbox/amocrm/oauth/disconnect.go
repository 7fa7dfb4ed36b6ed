package oauth

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"

	"github.com/sidecard/sidecard/sandbox/amocrm/hooks"
	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Disconnect ends the grants of an integration in an account (0 and "" are all) and, when asked, tells the
// integration's disconnect hook. It returns how many connections ended.
func (s *Grants) Disconnect(account int64, clientID string, tell bool) (int, error) {
	var ended []grantKey
	var calls []hooks.Delivery
	s.State.Write(func(w *world.World) {
		ended = revokeGrants(w, account, clientID)
		for _, k := range ended {
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
