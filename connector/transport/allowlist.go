package transport

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// HostError is the reason why an address was refused. Both parts may be shown to the person who typed it; what was given is not in
// the error's text, as it may be a token that was typed into the wrong field.
type HostError struct {
	Given string
	Why   string
}

func (e *HostError) Error() string { return "the address is refused: " + e.Why }

// NeverSent reports that nothing went over the wire when this error came up.
func (e *HostError) NeverSent() bool { return true }

// HostRules are what an AllowList is made of.
type HostRules struct {
	// Accounts are domains of which every direct subdomain is an account ("amocrm.ru").
	Accounts []string
	// Reserved matches first labels under Accounts that are the vendor's own hosts, not accounts; nil matches none.
	Reserved *regexp.Regexp
	// Only matches the first labels under Accounts that are allowed at all; nil allows every one.
	Only *regexp.Regexp
	// Exact maps single hosts to the path that is used when none is given ("secure.usedesk.com": "/uapi/").
	Exact map[string]string
	// Extra are hosts from the server's configuration: "127.0.0.1:8081" or "http://127.0.0.1:8081". Without a scheme it
	// is http for loopback and https otherwise.
	Extra []string
	// Paths allows an address to carry a path. Base then ends with a slash.
	Paths bool
}

// AllowList is a set of allowed hosts. It is safe for concurrent use.
type AllowList struct {
	rules HostRules
	extra map[string]string // host[:port] -> scheme
}

var label = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// NewAllowList checks the extra hosts and returns the list.
func NewAllowList(r HostRules) (*AllowList, error) {
	l := &AllowList{rules: r, extra: map[string]string{}}
	for _, raw := range r.Extra {
		given := strings.TrimSpace(raw)
		if given == "" {
			continue
		}
		u, scheme, err := split(given)
		if err != nil {
			return nil, err
		}
		if strings.Trim(u.Path, "/") != "" {
			return nil, &HostError{given, "name the host only, without a path"}
		}
		if scheme == "" {
			scheme = "https"
			if Loopback(u.Hostname()) {
				scheme = "http"
			}
		}
		l.extra[u.Host] = scheme
	}
	return l, nil
}

// Base returns what a person typed ("x.amocrm.ru", "https://x.amocrm.ru/") as a base address without a trailing slash,
// or with path and trailing slash when the rules allow paths. Errors: *HostError.
func (l *AllowList) Base(raw string) (string, error) {
	given := strings.TrimSpace(raw)
	u, _, err := split(given)
	if err != nil {
		return "", err
	}
	scheme, fallback, why := l.find(u)
	if why != "" {
		return "", &HostError{given, why}
	}
	if !l.rules.Paths {
		if u.Path != "" && u.Path != "/" {
			return "", &HostError{given, "name the host only, without a path"}
		}
		return scheme + "://" + u.Host, nil
	}
	path := u.Path
	if strings.Trim(path, "/") == "" {
		path = fallback
	}
	if strings.Contains(path, "//") || strings.Contains(path, "..") || strings.ContainsAny(u.EscapedPath(), `%\`) {
		return "", &HostError{given, "the path is not plain"}
	}
	return scheme + "://" + u.Host + "/" + strings.TrimPrefix(strings.TrimSuffix(path, "/")+"/", "/"), nil
}

// Allows reports whether a request may go to u.
func (l *AllowList) Allows(u *url.URL) bool {
	scheme, _, why := l.find(u)
	return why == "" && scheme == u.Scheme && u.User == nil
}

// Extra reports whether base, as Base returned it, is one of the hosts that the configuration adds.
func (l *AllowList) Extra(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	_, ok := l.extra[u.Host]
	return ok
}

func (l *AllowList) find(u *url.URL) (scheme, path, why string) {
	host := u.Host
	if scheme, ok := l.extra[host]; ok {
		return scheme, "/", ""
	}
	if path, ok := l.rules.Exact[host]; ok {
		return "https", path, ""
	}
	for _, domain := range l.rules.Accounts {
		first, ok := strings.CutSuffix(host, "."+domain)
		if !ok {
			continue
		}
		if !label.MatchString(first) {
			return "", "", "expected one name before ." + domain
		}
		if l.rules.Reserved != nil && l.rules.Reserved.MatchString(first) {
			return "", "", "this is the vendor's own host, not an account"
		}
		if l.rules.Only != nil && !l.rules.Only.MatchString(first) {
			return "", "", "this is not one of the vendor's hosts that are asked here"
		}
		return "https", "/", ""
	}
	return "", "", "not one of the allowed hosts (" + strings.Join(l.names(), ", ") + ")"
}

// vendor reports whether an address to dial is a host of the product's own rules, not one that the configuration adds.
func (l *AllowList) vendor(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	for _, name := range []string{host, address} {
		if _, ok := l.extra[name]; ok {
			return false
		}
	}
	_, _, why := l.find(&url.URL{Host: host})
	return why == ""
}

// names returns what the product supports; extra hosts are internal to an installation and stay out of messages.
func (l *AllowList) names() []string {
	var names []string
	for _, d := range l.rules.Accounts {
		names = append(names, "*."+d)
	}
	for h := range l.rules.Exact {
		names = append(names, h)
	}
	slices.Sort(names)
	return names
}

// split parses an address with or without a scheme and refuses every part that a base address never has.
func split(given string) (u *url.URL, scheme string, err error) {
	refuse := func(why string) (*url.URL, string, error) { return nil, "", &HostError{given, why} }
	if given == "" {
		return refuse("it is empty")
	}
	if len(given) > 255 {
		return refuse("it is too long")
	}
	full := given
	if !strings.Contains(given, "://") {
		full = "https://" + given
	}
	u, perr := url.Parse(full)
	if perr != nil {
		return refuse("it is not an address")
	}
	if full == given {
		scheme = strings.ToLower(u.Scheme)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse("only http and https addresses are known")
	case u.User != nil:
		return refuse("an address with a user name is not accepted")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(given, "#"):
		return refuse("an address with a query is not accepted")
	case u.Hostname() == "":
		return refuse("the host is missing")
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r > unicode.MaxASCII }):
		return refuse("the host has letters that only look like Latin ones")
	case strings.HasSuffix(u.Host, ":"):
		return refuse("the port is missing")
	}
	u.Host = strings.ToLower(u.Host)
	return u, scheme, nil
}

// Loopback reports whether a host without its port is this machine.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// maxTyped is the longest address that is taken from a person, in bytes: a pasted page with its query.
const maxTyped = 2048

// typedScheme is what stands before a host, also misspelt and doubled: "https://", "https:/", "https//", "https://http://".
var typedScheme = regexp.MustCompile(`^(?i:(https?(:[/\\]*|[/\\]{2,})|[/\\]{2,}))+`)

// Typed returns what Base does for an address that a person has typed or pasted: from a page's address it takes the host, and from a
// configured host with paths the path. Quotation marks and invisible characters, scheme, user name, port 443 or 80, query
// and dots at the end are left out before the host is held against the list. Addresses that come from anywhere else go
// through Base, which refuses all that.
func (l *AllowList) Typed(raw string) (string, error) {
	if len(raw) > maxTyped {
		return "", &HostError{"", "it is too long"}
	}
	s := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, raw)
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"'`“”„«»‘’<>,;", r) })
	s = typedScheme.ReplaceAllString(s, "")
	host, path := s, ""
	if i := strings.IndexAny(s, `/\?#`); i >= 0 {
		host, path = s[:i], s[i:]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	host = strings.ToLower(strings.TrimRight(host, "."))
	if _, known := l.extra[host]; !known {
		name, port, _ := strings.Cut(host, ":")
		if port == "" || port == "443" || port == "80" {
			host = strings.TrimRight(name, ".")
		}
	}
	if _, exact := l.rules.Exact[host]; exact || !l.rules.Paths {
		return l.Base(host)
	}
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	names := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	return l.Base(host + "/" + strings.Join(names, "/"))
}
