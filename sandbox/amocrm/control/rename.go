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
	"github.com/sidecard/sidecard/sandbox/kit"
)

// renameRequest says what an account is called from now on. An absent host is a spare one.
type renameRequest struct {
	Account   world.Selector `json:"account"`
	Subdomain string         `json:"subdomain"`
	Host      string         `json:"host"`
}

var subdomainForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// controlRename gives an account another subdomain and host. Its tokens, ids and data stay.
func (s *Control) controlRename(w *world.World, r *http.Request, req renameRequest) (any, error) {
	if !subdomainForm.MatchString(req.Subdomain) {
		return nil, errors.New("subdomain: accepted are small letters, digits and hyphens, not beginning with a hyphen")
	}
	a, err := req.Account.Find(w)
	if err != nil {
		return nil, err
	}
	host, err := s.newHost(w, a, req)
	if err != nil {
		return nil, err
	}
	former := a.Host
	for _, old := range []string{a.Host, a.Subdomain} {
		if name := strings.ToLower(old); !slices.Contains(a.Former, name) {
			a.Former = append(a.Former, name)
		}
	}
	a.Host, a.Subdomain = host, req.Subdomain
	return map[string]any{
		"former_host": former, "account_id": a.ID, "subdomain": a.Subdomain, "host": a.Host, "base_url": api.Scheme(r) + a.Host,
	}, nil
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

// deleteRequest names a contact or a lead.
type deleteRequest = struct {
	Account world.Selector `json:"account"`
	Entity  string         `json:"entity"`
	ID      int64          `json:"id"`
}

// controlDelete puts it into the bin.
func (s *Control) controlDelete(w *world.World, _ *http.Request, req deleteRequest) (any, error) {
	if req.Entity != "contacts" && req.Entity != "leads" {
		return nil, kit.WrongField("entity", `"contacts" or "leads"`)
	}
	a, err := req.Account.Find(w)
	if err == nil && !s.Editor.BinByHand(w, a, req.Entity, req.ID) {
		err = fmt.Errorf("id: there is no %d among the %s of account %d", req.ID, req.Entity, a.ID)
	}
	return map[string]int64{"deleted": req.ID}, err
}
