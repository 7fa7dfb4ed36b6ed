package transport

import (
	"regexp"
	"strings"
	"unicode"
)

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
