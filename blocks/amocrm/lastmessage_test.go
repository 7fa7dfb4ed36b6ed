package amocrm

import (
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/usedesk"
)

func TestLastMessage_theClientsOwnAndNewest(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 21, 10, minute, 0, 0, time.UTC) }
	ticket := usedesk.Ticket{Comments: []usedesk.Comment{
		{From: "client", Type: "public", Message: "<p>First</p>", PublishedAt: at(1)},
		{From: "client", Type: "public", Message: "<p>Second &amp; last</p>", PublishedAt: at(5)},
		{From: "client", Type: "public", Message: "<p>Out of order</p>", PublishedAt: at(3)},
		{From: "client", Type: "private", Message: "hidden", PublishedAt: at(7)},
		{From: "user", Type: "public", Message: "the agent's answer", PublishedAt: at(8)},
		{From: "trigger", Type: "public", Message: "a rule's answer", PublishedAt: at(9)},
		{From: "client", Type: "public", Message: "  ", PublishedAt: at(10)},
	}}
	if got := lastMessage(ticket); got != "Second & last" {
		t.Errorf("%q", got)
	}
	if got := lastMessage(usedesk.Ticket{Comments: []usedesk.Comment{{From: "user", Message: "hello"}}}); got != "" {
		t.Errorf("an agent's words: %q", got)
	}
	undated := usedesk.Ticket{Comments: []usedesk.Comment{{From: "client", Message: "one"}, {From: "client", Message: "two"}}}
	if got := lastMessage(undated); got != "two" {
		t.Errorf("without times the last one counts: %q", got)
	}
}
