package scenario

import "slices"

// firstClient and firstTicket number the helpdesk's rows; story n has client firstClient+n and ticket firstTicket+n.
const (
	firstClient int64 = 261701
	firstTicket int64 = 2265101
)

// story is one ticket with its client; ids, status and age that it leaves out are filled in by desk. same names the
// scenario whose client writes again.
type story struct {
	key, title, subject, channel string
	status                       int64
	age                          int
	client                       Client
	same                         string
	fields                       map[int64]string
	messages                     []Message
}

// desk turns the stories into clients and tickets.
func desk() ([]Client, []Ticket) {
	var clients []Client
	var tickets []Ticket
	byKey := map[string]int64{}
	for i, s := range slices.Concat(matchStories(), oddStories(), worldStories()) {
		clientID, again := byKey[s.same]
		if !again {
			s.client.ID = firstClient + int64(i)
			clientID = s.client.ID
			clients = append(clients, s.client)
		}
		byKey[s.key] = clientID
		tickets = append(tickets, Ticket{
			ID: firstTicket + int64(i), Scenario: s.key, Title: s.title, Subject: s.subject, ClientID: clientID,
			Channel: s.channel, StatusID: s.status, Age: s.age, Messages: s.messages, Fields: s.fields,
		})
	}
	return clients, tickets
}

// Helpdesk ticket states used by the story (usedesk.md §2.2).
const (
	ticketOpen    int64 = 1
	ticketSolved  int64 = 2
	ticketHold    int64 = 5
	ticketPending int64 = 6
	ticketNew     int64 = 8
)

func mobile(number string) []Phone { return []Phone{{Type: "mobile", Number: number}} }

func mail(addresses ...string) []string { return addresses }

func client(html string) Message { return Message{From: "client", HTML: html} }

func agent(html string) Message { return Message{From: "user", HTML: html} }
