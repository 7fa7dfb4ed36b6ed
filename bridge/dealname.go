package bridge

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// DealNamePlaces are the placeholders of a deal-name template, without their braces.
var DealNamePlaces = []string{"ticket.subject", "ticket.id", "client.name"}

// CheckDealName returns the first placeholder of a template that does not exist, or "" when all are known. Braces that
// belong to no placeholder are "{{" or "}}".
func CheckDealName(template string) string {
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(DealNamePlaces, m[1]) {
			return m[0]
		}
	}
	rest := placeholder.ReplaceAllString(template, "")
	for _, brace := range []string{"{{", "}}"} {
		if strings.Contains(rest, brace) {
			return brace
		}
	}
	return ""
}

// DealName fills a template for a ticket: placeholders give what the ticket says, also when that looks like a
// placeholder itself; white space is collapsed, the result cut to amoCRM's length. When nothing is left, or without a
// template, it is the subject, else the client's name.
func DealName(template string, t Ticket) string {
	filled := placeholder.ReplaceAllStringFunc(template, func(place string) string {
		switch placeholder.FindStringSubmatch(place)[1] {
		case "ticket.subject":
			return t.Subject
		case "ticket.id":
			if t.ID == 0 {
				return ""
			}
			return strconv.FormatInt(t.ID, 10)
		case "client.name":
			return t.Client.Name
		}
		return place
	})
	return cut(firstText(strings.Join(strings.Fields(filled), " "), t.Subject, t.Client.Name), maxNameRunes)
}
