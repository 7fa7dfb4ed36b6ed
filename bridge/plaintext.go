package bridge

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// unseen are elements whose text nobody reads.
var unseen = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Head: true, atom.Template: true, atom.Noscript: true, atom.Title: true,
	atom.Iframe: true, atom.Svg: true, atom.Select: true, atom.Textarea: true,
}

// breaks are elements that begin and end a line.
var breaks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Br: true, atom.Li: true, atom.Tr: true, atom.Ul: true, atom.Ol: true, atom.Table: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Blockquote: true,
	atom.Pre: true, atom.Hr: true, atom.Section: true, atom.Article: true, atom.Header: true, atom.Footer: true,
}

// PlainText is the text of HTML from outside, line by line without blank ones, cut to limit runes with "…" at the end.
// It never fails: what is no HTML is text.
func PlainText(source string, limit int) string {
	z := html.NewTokenizer(strings.NewReader(source))
	var b strings.Builder
	hidden := 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken { // the end; a reader of a string has no other error
			break
		}
		token := z.Token()
		switch {
		case kind == html.TextToken && hidden == 0:
			b.WriteString(token.Data)
		case unseen[token.DataAtom] && kind == html.StartTagToken:
			hidden++
		case unseen[token.DataAtom] && kind == html.EndTagToken:
			hidden = max(0, hidden-1)
		case token.DataAtom == atom.Body: // ends a head that nobody closed
			hidden = 0
		case breaks[token.DataAtom]:
			b.WriteByte('\n')
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
	text := strings.Join(lines, "\n")
	if len([]rune(text)) > limit {
		return strings.TrimSpace(cut(text, limit-1)) + "…"
	}
	return text
}
