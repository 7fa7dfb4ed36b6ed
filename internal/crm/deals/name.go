package deals

import (
	"strings"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/runes"
)

// DealNamePlaces are the placeholders of a deal-name template, without their braces.
var NamePlaces = []string{"ticket.subject", "ticket.id", "client.name"}

// Name fills a template for a ticket as Fill does; white space is collapsed, the result cut to amoCRM's length. When
// nothing is left, or without a template, it is the subject, else the client's name.
func Name(template string, t helpdesk.Ticket) string {
	filled := strings.Join(strings.Fields(helpdesk.Fill(template, t)), " ")
	return runes.First(crm.FirstText(filled, t.Subject, t.Client.Name), crm.MaxNameRunes)
}
