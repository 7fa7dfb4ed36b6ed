package usedesk

import (
	"html/template"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// allowedTags may stand in a message; everything else loses its tags, and droppedTags their content too.
var (
	allowedTags = strings.Fields("p br b strong i em u s ul ol li blockquote code pre div span hr h3 h4 a")
	droppedTags = strings.Fields("script style iframe object embed template noscript title textarea")
)

// cleanHTML makes a message from outside fit to be shown: messages are HTML, and clients write what they like.
func cleanHTML(message string) template.HTML {
	var b strings.Builder
	var open []string
	z := html.NewTokenizer(strings.NewReader(message))
	for skip := ""; ; {
		kind := z.Next()
		if kind == html.ErrorToken { // the end, or what can't be read on
			break
		}
		token := z.Token()
		switch {
		case skip != "":
			if kind == html.EndTagToken && token.Data == skip {
				skip = ""
			}
		case kind == html.TextToken:
			b.WriteString(html.EscapeString(token.Data))
		case kind == html.StartTagToken && slices.Contains(droppedTags, token.Data):
			skip = token.Data
		case !slices.Contains(allowedTags, token.Data):
		case kind == html.EndTagToken:
			if i := slices.Index(open, token.Data); i >= 0 {
				for len(open) > i {
					b.WriteString("</" + open[len(open)-1] + ">")
					open = open[:len(open)-1]
				}
			}
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken:
			b.WriteString(openTag(token))
			if token.Data != "br" && token.Data != "hr" {
				open = append(open, token.Data)
			}
		}
	}
	for _, tag := range slices.Backward(open) {
		b.WriteString("</" + tag + ">")
	}
	return template.HTML(b.String())
}

// openTag keeps dir, and the href of a link to the web or to an address.
func openTag(token html.Token) string {
	var b strings.Builder
	b.WriteString("<" + token.Data)
	for _, a := range token.Attr {
		switch {
		case a.Key == "dir" && (a.Val == "rtl" || a.Val == "ltr"):
			b.WriteString(` dir="` + a.Val + `"`)
		case token.Data == "a" && a.Key == "href" && safeLink(a.Val):
			b.WriteString(` href="` + html.EscapeString(a.Val) + `" target="_blank" rel="noopener noreferrer"`)
		}
	}
	return b.String() + ">"
}

func safeLink(href string) bool {
	return slices.ContainsFunc([]string{"https://", "http://", "mailto:", "tel:"}, func(scheme string) bool {
		return strings.HasPrefix(strings.ToLower(href), scheme)
	})
}
