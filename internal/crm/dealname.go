package crm

import (
	"slices"
	"strings"

	"github.com/sidecard/sidecard/internal/runes"
)

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

// DealName fills a template for a ticket as Fill does; white space is collapsed, the result cut to amoCRM's length. When
// nothing is left, or without a template, it is the subject, else the client's name.
func DealName(template string, t Ticket) string {
	filled := strings.Join(strings.Fields(Fill(template, t)), " ")
	return runes.First(firstText(filled, t.Subject, t.Client.Name), maxNameRunes)
}
