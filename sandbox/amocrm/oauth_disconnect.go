package amocrm

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
)

// disconnect ends the grants of an integration in an account (0 and "" are all) and, when asked, tells the
// integration's disconnect hook. It returns how many connections ended.
func (s *grants) disconnect(account int64, clientID string, tell bool) (int, error) {
	var ended []grantKey
	var calls []delivery
	s.state.Write(func(w *World) {
		ended = revokeGrants(w, account, clientID)
		for _, k := range ended {
			in, a := w.Integrations[k.clientID], w.accountByID(k.account)
			if tell && in != nil && a != nil && in.DisconnectURI != "" {
				calls = append(calls, delivery{
					epoch: w.Epoch, host: a.Host, method: http.MethodGet, url: disconnectURL(in, a.ID), attempt: 1,
				})
			}
		}
	})
	for _, d := range calls {
		s.courier.send(d)
	}
	return len(ended), s.state.Save()
}

// disconnectURL is the signed call of amocrm.md §1.10.
func disconnectURL(in *Integration, account int64) string {
	id := strconv.FormatInt(account, 10)
	return addQuery(in.DisconnectURI, url.Values{
		"account_id": {id}, "client_uuid": {in.ID},
		"signature": {hex.EncodeToString(mac([]byte(in.Secret), in.ID+"|"+id))},
	})
}

// addQuery puts parameters behind those that an address has already.
func addQuery(address string, q url.Values) string {
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
