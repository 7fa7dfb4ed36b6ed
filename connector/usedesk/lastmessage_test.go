package usedesk

import (
	"testing"
	"time"
)

func TestLastMessage_theClientsOwnAndNewest(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 21, 10, minute, 0, 0, time.UTC) }
	ticket := Ticket{Comments: []Comment{
		{From: "client", Type: "public", Message: "<p>First</p>", PublishedAt: at(1)},
		{From: "client", Type: "public", Message: "<p>Second &amp; last</p>", PublishedAt: at(5)},
		{From: "client", Type: "public", Message: "<p>Out of order</p>", PublishedAt: at(3)},
		{From: "client", Type: "private", Message: "hidden", PublishedAt: at(7)},
		{From: "user", Type: "public", Message: "the agent's answer", PublishedAt: at(8)},
		{From: "trigger", Type: "public", Message: "a rule's answer", PublishedAt: at(9)},
		{From: "client", Type: "public", Message: "  ", PublishedAt: at(10)},
	}}
	if got := ticket.LastFromClient(); got != "<p>Second &amp; last</p>" {
		t.Errorf("%q", got)
	}
	if got := (Ticket{Comments: []Comment{{From: "user", Message: "hello"}}}).LastFromClient(); got != "" {
		t.Errorf("an agent's words: %q", got)
	}
	undated := Ticket{Comments: []Comment{{From: "client", Message: "one"}, {From: "client", Message: "two"}}}
	if got := undated.LastFromClient(); got != "two" {
		t.Errorf("without times the last one counts: %q", got)
	}
}

func TestTicketURL_ofEveryKindOfHelpdesk(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.usedesk.ru/":          "https://secure.usedesk.ru/tickets/5",
		"https://secure.usedesk.ru/uapi/":  "https://secure.usedesk.ru/tickets/5",
		"https://secure.usedesk.com/uapi/": "https://secure.usedesk.com/tickets/5",
		"http://127.0.0.1:8082/":           "http://127.0.0.1:8082/tickets/5",
		"":                                 "",
		"nonsense":                         "",
	} {
		if got := TicketURL(base, 5); got != want {
			t.Errorf("%q gives %q, want %q", base, got, want)
		}
	}
	if got := TicketURL("https://api.usedesk.ru/", 0); got != "" {
		t.Errorf("no ticket gives %q", got)
	}
}
