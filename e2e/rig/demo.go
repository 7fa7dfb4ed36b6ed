package rig

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Demo starts `sidecard demo` on the addresses of a former one, or on free ones when from is nil, with its state in
// dir and further environment variables.
func Demo(t testing.TB, dir string, from *World, env ...string) *World {
	t.Helper()
	w := &World{T: t}
	if from != nil {
		w.Replicas, w.Amo, w.Desk = from.Replicas, from.Amo, from.Desk
	} else {
		w.Replicas, w.Amo, w.Desk = []string{"http://" + FreeAddr(t)}, "http://"+FreeAddr(t), "http://"+FreeAddr(t)
	}
	var ports []string
	for _, base := range []string{w.Replicas[0], w.Amo, w.Desk} {
		ports = append(ports, base[strings.LastIndexByte(base, ':')+1:])
	}
	w.Processes = []*Process{Start(t, env, Binary, "demo", "--ports", strings.Join(ports, ","), "--data", dir)}
	Eventually(t, time.Minute, "the demo is ready", func() bool {
		return Answers(w.Replicas[0]+"/readyz") && strings.Contains(w.Processes[0].Out.String(), "demo is running")
	})
	w.Processes[0].secrets = w.Secrets
	w.GetJSON(w.Amo+"/_sandbox/info", &w.Info)
	return w
}

// Fill makes tickets in the local helpdesk with a client each, who has a phone and an e-mail and whom the CRM does not
// know. The helpdesk's own rule for new tickets is taken away.
func (w *World) Fill(n int) (tickets, clients []int64) { return w.FillFor(n, n) }

// FillFor is Fill with tickets of so many clients; clients holds the one of each ticket.
func (w *World) FillFor(n, people int) (tickets, clients []int64) {
	w.T.Helper()
	w.read(http.PostForm(w.Desk+"/settings/rules/1/delete", url.Values{}))
	for i := range n {
		var made struct {
			Ticket int64 `json:"ticket_id"`
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
		_, client := w.deskTicket(made.Ticket)
		tickets, clients = append(tickets, made.Ticket), append(clients, client)
	}
	return tickets, clients
}
