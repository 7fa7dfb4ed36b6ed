package control

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// renameRequest says what an account is called from now on. An absent host is a spare one.
type renameRequest struct {
	Account   world.Selector `json:"account"`
	Subdomain string         `json:"subdomain"`
	Host      string         `json:"host"`
}

var subdomainForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// controlRename gives an account another subdomain and host. Its tokens, ids and data stay.
func (s *Control) controlRename(w http.ResponseWriter, r *http.Request) error {
	var req renameRequest
	if err := readControl(r.Body, &req, "account, subdomain, host"); err != nil {
		return err
	}
	if !subdomainForm.MatchString(req.Subdomain) {
		return errors.New("subdomain: accepted are small letters, digits and hyphens, not beginning with a hyphen")
	}
	answer := map[string]any{}
	var err error
	s.State.Write(func(state *world.World) {
		var a *world.Account
		if a, err = req.Account.Find(state); err != nil {
			return
		}
		var host string
		if host, err = s.newHost(state, a, req); err != nil {
			return
		}
		answer["former_host"] = a.Host
		for _, old := range []string{a.Host, a.Subdomain} {
			if name := strings.ToLower(old); !slices.Contains(a.Former, name) {
				a.Former = append(a.Former, name)
			}
		}
		a.Host, a.Subdomain = host, req.Subdomain
		answer["account_id"], answer["subdomain"], answer["host"], answer["base_url"] = a.ID, a.Subdomain, a.Host, api.Scheme(r)+a.Host
	})
	return s.savedAnswer(w, answer, err)
}

// newHost finds the host of a renamed account: the given one, a spare one, one that another account has left, or the same
// domain with the new name before it.
func (s *Control) newHost(w *world.World, a *world.Account, req renameRequest) (string, error) {
	taken := func(host string) bool {
		return slices.ContainsFunc(w.Accounts, func(o *world.Account) bool { return strings.EqualFold(o.Host, host) })
	}
	for _, o := range w.Accounts {
		if o != a && strings.EqualFold(o.Subdomain, req.Subdomain) {
			return "", fmt.Errorf("subdomain: account %d is called %s", o.ID, req.Subdomain)
		}
	}
	if req.Host != "" {
		if taken(req.Host) || strings.ContainsAny(req.Host, "/ @?#") {
			return "", fmt.Errorf("host: accepted is a host[:port] that no account has, not %q", req.Host)
		}
		return req.Host, nil
	}
	for _, host := range s.Hosts {
		if !taken(host) {
			return host, nil
		}
	}
	label, domain, named := strings.Cut(a.Host, ".")
	if host := req.Subdomain + "." + domain; named && strings.EqualFold(label, a.Subdomain) && !taken(host) {
		return host, nil
	}
	return "", errors.New("host: no spare address is left; name one")
}
