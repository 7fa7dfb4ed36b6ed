package rig

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Fill makes tickets in the local helpdesk with a client each, who has a phone and an e-mail and whom the CRM does not
// know. The helpdesk's own rule for new tickets is taken away.
func (w *World) Fill(n int) (tickets, clients []int64) { return w.FillFor(n, n) }

// FillFor is Fill with tickets of so many clients; clients holds the one of each ticket.
func (w *World) FillFor(n, people int) (tickets, clients []int64) {
	w.T.Helper()
	res, err := http.PostForm(w.Desk+"/settings/rules/1/delete", url.Values{})
	if err != nil {
		w.T.Fatal(err)
	}
	res.Body.Close()
	for i := range n {
		var made struct {
			Ticket int64 `json:"ticket_id"`
			Client int64 `json:"client_id"`
		}
		ticket := map[string]any{"api_token": w.Info.UsedeskToken, "subject": "Question", "message": "Hello",
			"client_name": fmt.Sprint("Client ", i), "client_email": fmt.Sprintf("client%d@example.com", i),
			"client_phone": fmt.Sprintf("+7999%07d", 1_000_000+i)}
		if i >= people {
			ticket["client_id"] = clients[i%people]
		}
		_, body := w.Post(w.Desk+"/create/ticket", ticket)
		if err := json.Unmarshal(body, &made); err != nil || made.Ticket == 0 {
			w.T.Fatalf("ticket %d: %v %s", i, err, body)
		}
		var t struct {
			Ticket struct {
				Client json.Number `json:"client_id"`
			} `json:"ticket"`
		}
		_, body = w.Post(w.Desk+"/ticket", map[string]any{"api_token": w.Info.UsedeskToken, "ticket_id": made.Ticket})
		if err := json.Unmarshal(body, &t); err != nil {
			w.T.Fatalf("ticket %d: %v %s", i, err, body)
		}
		client, err := t.Ticket.Client.Int64()
		if err != nil {
			w.T.Fatal(err)
		}
		tickets, clients = append(tickets, made.Ticket), append(clients, client)
	}
	return tickets, clients
}
