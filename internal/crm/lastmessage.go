package crm

import (
	"strings"

	"github.com/sidecard/sidecard/connector/usedesk"
)

// MaxMessageRunes bounds what is taken over of a client's message.
const MaxMessageRunes = 2000

// LastMessage is what the client wrote last in a ticket, as plain text of at most MaxMessageRunes; "" when he wrote
// nothing. Private comments and those of agents and rules are no words of his.
func LastMessage(t usedesk.Ticket) string {
	var last usedesk.Comment
	for _, c := range t.Comments {
		if c.From != "client" || c.Type == "private" || strings.TrimSpace(c.Message) == "" {
			continue
		}
		if !c.PublishedAt.Before(last.PublishedAt) {
			last = c
		}
	}
	return PlainText(last.Message, MaxMessageRunes)
}
