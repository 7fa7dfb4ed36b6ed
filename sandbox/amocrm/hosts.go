package amocrm

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// serviceDomains are those under which amoCRM has accounts as well as hosts of its own.
var serviceDomains = []string{"amocrm.ru", "amocrm.com", "kommo.com", "amocrm.test"}

// nobodyAt reports whether a request came to a name that is nobody's: one that an account has left and no other one has
// taken, or one that is neither an account's nor this machine's nor configured.
func (s *Server) nobodyAt(r *http.Request) (gone bool) {
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") {
		return false // the control routes have a guard of their own
	}
	label, _, _ := strings.Cut(r.Host, ".")
	s.state.Read(func(w *world.World) {
		if w.AccountNamed(r.Host) != nil {
			return
		}
		left := slices.ContainsFunc(w.Accounts, func(a *world.Account) bool {
			return slices.Contains(a.Former, strings.ToLower(r.Host)) || slices.Contains(a.Former, strings.ToLower(label))
		})
		gone = left || !s.opts.AnyHost && !kit.Loopback(r.Host) && !s.configured(r.Host) && !signIn(r)
	})
	return gone
}

// configured reports whether the Options name the host, with or without its port.
func (s *Server) configured(host string) bool {
	return slices.ContainsFunc(slices.Concat(s.opts.Hosts, s.opts.SpareHosts, s.opts.OtherHosts, []string{s.opts.APIHost}), func(h string) bool {
		return h != "" && (strings.EqualFold(h, host) || strings.EqualFold(h, kit.HostName(host)))
	})
}

// controlHost reports whether the control routes answer at a host that is no loopback address.
func (s *Server) controlHost(host string) (named bool) {
	s.state.Read(func(w *world.World) {
		named = slices.ContainsFunc(w.Accounts, func(a *world.Account) bool { return strings.EqualFold(a.Host, host) })
	})
	return named || s.opts.AnyHost || s.configured(host)
}

// signIn reports whether the request asks one of amoCRM's own hosts for what they have: the consent page, its button, and
// where an account lives.
func signIn(r *http.Request) bool {
	label, domain, _ := strings.Cut(strings.ToLower(kit.HostName(r.Host)), ".")
	if label != "www" && label != "api" && !strings.HasPrefix(label, "api-") || !slices.Contains(serviceDomains, domain) {
		return false
	}
	path := r.URL.Path
	return path == "/oauth" || slices.ContainsFunc([]string{"/oauth/", "/auth/", "/web/", "/oauth2/account/"}, func(p string) bool { return strings.HasPrefix(path, p) })
}

// nobody answers for a subdomain that does not exist: 401 to programs, as to a wrong token (amocrm.md §8.2, legacy 101).
func nobody(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", token.UUID())
	for _, root := range append([]string{api.DrivePath}, api.ForeignRoots...) {
		if r.URL.Path == root || strings.HasPrefix(r.URL.Path, root+"/") {
			api.Unauthorized(w)
			return
		}
	}
	http.Error(w, "There is no such account.", http.StatusNotFound)
}

// SecondIP is the loopback address of the second account. Linux answers on all of 127.0.0.0/8, other systems don't.
const SecondIP = "127.0.0.2"

// Two more addresses at the same port: amoCRM's own api host, which tells where an account lives, and a host for an account
// that gets renamed.
const (
	apiIP   = "127.0.0.3"
	spareIP = "127.0.0.4"
)

// CertificateNames are the names under which clients ask for an account by https, also when they connect elsewhere.
var CertificateNames = []string{SecondIP, apiIP, spareIP, "*.amocrm.ru", "*.amocrm.com", "*.kommo.com", "*.amocrm.test"}

// Listening is where the local amoCRM is reached.
type Listening struct {
	Listeners []net.Listener
	// Hosts are the host:port of two accounts.
	Hosts []string
	// APIHost is amoCRM's own host, SpareHost is for an account that gets renamed. Both are empty on a system that answers
	// on one loopback address only.
	APIHost, SpareHost string
}

// Listen listens for two accounts. An unspecified address answers on every loopback address; any other gets a second
// listener, and where that can't be had the second account goes by "localhost".
func Listen(ctx context.Context, addr string) (Listening, error) {
	var listen net.ListenConfig
	first, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return Listening{}, err
	}
	host := kit.Reachable(first.Addr())
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return Listening{}, errors.Join(err, first.Close())
	}
	l := Listening{Listeners: []net.Listener{first}}
	also := func(ip, otherwise string) string {
		host := net.JoinHostPort(ip, port)
		if kit.Unspecified(first.Addr()) {
			return host
		}
		ln, err := listen.Listen(ctx, "tcp", host)
		if err != nil {
			return otherwise
		}
		l.Listeners = append(l.Listeners, ln)
		return host
	}
	l.Hosts = []string{host, also(SecondIP, net.JoinHostPort("localhost", port))}
	l.APIHost, l.SpareHost = also(apiIP, ""), also(spareIP, "")
	return l, nil
}
