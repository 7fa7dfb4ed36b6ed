package helpdesk

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/internal/runes"
)

func atoms(names ...atom.Atom) map[atom.Atom]bool {
	out := map[atom.Atom]bool{}
	for _, name := range names {
		out[name] = true
	}
	return out
}

var (
	// unseen are elements whose text is not shown.
	unseen = atoms(atom.Script, atom.Style, atom.Head, atom.Template, atom.Noscript, atom.Title, atom.Iframe, atom.Svg, atom.Select,
		atom.Textarea)
	// breaks are elements that begin and end a line.
	breaks = atoms(atom.P, atom.Div, atom.Br, atom.Li, atom.Tr, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.H1, atom.H2,
		atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Hr, atom.Section, atom.Article, atom.Header, atom.Footer,
		atom.Main, atom.Aside, atom.Nav, atom.Address, atom.Figure, atom.Figcaption, atom.Form, atom.Fieldset, atom.Center)
	// inline are the other elements that people's texts are made of. A tag of any other name is text.
	inline = atoms(atom.A, atom.Abbr, atom.B, atom.Big, atom.Body, atom.Button, atom.Caption, atom.Cite, atom.Code, atom.Col,
		atom.Colgroup, atom.Del, atom.Em, atom.Font, atom.Html, atom.I, atom.Img, atom.Input, atom.Ins, atom.Kbd, atom.Label, atom.Link,
		atom.Mark, atom.Meta, atom.Option, atom.Picture, atom.Q, atom.S, atom.Samp, atom.Small, atom.Source, atom.Span, atom.Strike,
		atom.Strong, atom.Sub, atom.Sup, atom.Tbody, atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Time, atom.Tt, atom.U, atom.Var,
		atom.Video, atom.Audio, atom.Wbr)
)

var (
	// tagForm is a tag with attributes as they are written: "a<b and c>d" is none. Word writes names such as o:p.
	tagForm = regexp.MustCompile(`^</?([A-Za-z][A-Za-z0-9]*(?::[A-Za-z]+)?)(?:\s+(?:[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)|` +
		`checked|controls|defer|async|disabled|hidden|noshade|nowrap|selected))*\s*/?>`)
	declaration = regexp.MustCompile(`(?i)^<(?:!doctype|\?xml)[^<>]{0,500}>`)
	entityForm  = regexp.MustCompile(`^&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)
)

// PlainText returns the text of HTML from outside, line by line without blank ones, cut to limit runes with "…" at the end. What
// is no HTML stays as it is, but for entities, which are decoded once. Elements of lists begin with "- ", and the address of
// a link stands behind its text.
func PlainText(source string, limit int) string {
	clean, marked := markup(source)
	text := strings.TrimSpace(html.UnescapeString(strings.ReplaceAll(clean, "&nbsp;", " ")))
	if marked {
		text = textOf(clean)
	}
	if len([]rune(text)) > limit {
		return strings.TrimSpace(runes.First(text, limit-1)) + "…"
	}
	return text
}

// markup escapes what is no markup, and reports whether there is any.
func markup(source string) (clean string, marked bool) {
	if !strings.ContainsAny(source, "<&") {
		return source, false
	}
	var b strings.Builder
	for i := 0; i < len(source); {
		rest := source[i:]
		switch {
		case rest[0] == '&' && !entityForm.MatchString(rest):
			b.WriteString("&amp;")
		case rest[0] == '<':
			tag := tagOf(rest)
			if tag == "" {
				b.WriteString("&lt;")
				break
			}
			marked = true
			b.WriteString(tag)
			i += len(tag)
			continue
		default:
			b.WriteByte(rest[0])
		}
		i++
	}
	return b.String(), marked
}

// tagOf returns the tag, comment or declaration with which text begins, "" when it begins with none.
func tagOf(text string) string {
	if m := tagForm.FindStringSubmatch(text); m != nil {
		name := atom.Lookup([]byte(strings.ToLower(m[1])))
		if strings.Contains(m[1], ":") || unseen[name] || breaks[name] || inline[name] {
			return m[0]
		}
		return ""
	}
	if strings.HasPrefix(text, "<!--") {
		_, behind, closed := strings.Cut(text, "-->")
		if !closed {
			return ""
		}
		return text[:len(text)-len(behind)]
	}
	return declaration.FindString(text)
}

// textOf reads markup.
func textOf(source string) string {
	z := html.NewTokenizer(strings.NewReader(source))
	var b strings.Builder
	var links []openLink
	hidden, item := 0, false // item: an element of a list has begun, and no text of it yet
	for {
		kind := z.Next()
		if kind == html.ErrorToken { // the end; a reader of a string has no other error
			break
		}
		token := z.Token()
		if hidden == 0 && (kind == html.TextToken || token.DataAtom == atom.A) {
			text := token.Data
			switch kind {
			case html.StartTagToken:
				links = append(links, openLink{at: b.Len(), to: address(token)})
				continue
			case html.EndTagToken:
				text = ""
				if n := len(links); n > 0 {
					text = links[n-1].behind(b.String())
					links = links[:n-1]
				}
			case html.SelfClosingTagToken:
				continue
			}
			if item && strings.TrimSpace(text) != "" {
				b.WriteString("- ")
				item = false
			}
			b.WriteString(text)
			continue
		}
		switch {
		case unseen[token.DataAtom] && kind == html.StartTagToken:
			hidden++
		case unseen[token.DataAtom] && kind == html.EndTagToken:
			hidden = max(0, hidden-1)
		case token.DataAtom == atom.Body: // ends a head that nobody closed
			hidden = 0
		case breaks[token.DataAtom]:
			b.WriteByte('\n')
			if token.DataAtom == atom.Li {
				item = kind == html.StartTagToken
			}
		case token.DataAtom == atom.Td || token.DataAtom == atom.Th:
			b.WriteByte(' ')
		}
	}
	var lines []string
	for line := range strings.SplitSeq(b.String(), "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// openLink is a link whose text begins at some length of what was written.
type openLink struct {
	at int
	to string
}

// behind returns what is written behind the link's text, so that its address is not lost.
func (l openLink) behind(written string) string {
	text := strings.TrimSpace(written[l.at:])
	switch {
	case l.to == "" || bare(text) == bare(l.to) || phone.Digits(l.to) != "" && phone.Digits(text) == phone.Digits(l.to) && !strings.Contains(l.to, "/"):
		return ""
	case text == "":
		return l.to
	}
	return " (" + l.to + ")"
}

// bare returns an address as people write it.
func bare(address string) string {
	_, rest, found := strings.Cut(strings.ToLower(address), "://")
	if !found {
		rest = strings.ToLower(address)
	}
	return strings.TrimSuffix(strings.TrimPrefix(rest, "www."), "/")
}

// address returns where a link leads, "" when that is no address for a person.
func address(link html.Token) string {
	for _, a := range link.Attr {
		if a.Key != "href" {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(a.Val))
		if err != nil {
			return ""
		}
		switch strings.ToLower(u.Scheme) {
		case "http", "https":
			return strings.TrimSpace(a.Val)
		case "mailto", "tel":
			return u.Opaque
		}
	}
	return ""
}
