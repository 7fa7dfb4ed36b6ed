package amocrm

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

const unsortedFields = "account, category, pipeline_id, name, contact_id, contact_name, phone, email, text"

// unsortedRequest is an incoming lead as a channel of amoCRM's own brings it. Everything but the category may be absent.
type unsortedRequest struct {
	Account     Selector `json:"account"`
	Category    string   `json:"category"`
	PipelineID  int64    `json:"pipeline_id"` // 0 is the main one
	Name        string   `json:"name"`        // of the lead
	ContactID   int64    `json:"contact_id"`  // 0 makes a new one
	ContactName string   `json:"contact_name"`
	Phone       string   `json:"phone"`
	Email       string   `json:"email"`
	Text        string   `json:"text"` // of the message, the letter's subject, the form's name
}

// controlUnsorted makes an incoming lead of any category. The API makes sip and forms only: chats and mail come from
// amoCRM's own channels.
func (s *Control) controlUnsorted(w http.ResponseWriter, r *http.Request) error {
	req := unsortedRequest{ContactName: "Incoming contact", Text: "Hello"}
	if err := readControl(r.Body, &req, unsortedFields); err != nil {
		return err
	}
	if !slices.Contains(UnsortedCategories, req.Category) {
		return kit.WrongField("category", strings.Join(UnsortedCategories, ", "))
	}
	var answer obj
	var err error
	s.State.Write(func(state *World) {
		var a *Account
		if a, err = req.Account.Find(state); err != nil {
			return
		}
		x := s.Editor.Writer(state, a, a.FirstAdmin().ID)
		made, bad := x.AddUnsorted(req.Category, []obj{req.item(x.Now)})
		if bad.Any() {
			wrong := bad.Items[0].Errors[0]
			err = kit.WrongField(wrong.Path, wrong.Detail)
			return
		}
		u := made[0]
		answer = obj{"uid": u.UID, "category": u.Category, "account_id": a.ID, "lead_id": u.LeadID, "contact_id": u.ContactID}
	})
	return s.savedAnswer(w, answer, err)
}

// item is the request in the form in which the API takes incoming leads.
func (q unsortedRequest) item(now int64) obj {
	contact := obj{"name": q.ContactName}
	var values []any
	for code, value := range map[string]string{"PHONE": q.Phone, "EMAIL": q.Email} {
		if value != "" {
			values = append(values, obj{"field_code": code, "values": []any{obj{"value": value}}})
		}
	}
	if values != nil {
		contact["custom_fields_values"] = values
	}
	if q.ContactID != 0 {
		contact = obj{"id": q.ContactID}
	}
	lead := obj{}
	if q.Name != "" {
		lead["name"] = q.Name
	}
	m := obj{
		"source_uid": "sandbox-" + q.Category, "source_name": "Sandbox " + q.Category, "metadata": q.metadata(now),
		"_embedded": obj{"leads": []any{lead}, "contacts": []any{contact}},
	}
	if q.PipelineID != 0 {
		m["pipeline_id"] = q.PipelineID
	}
	return m
}

// metadata are those of the category as the documentation has them.
func (q unsortedRequest) metadata(now int64) obj {
	switch q.Category {
	case "chats":
		return obj{
			"from": q.ContactName, "to": "sandbox", "received_at": now, "service": "sandbox", "last_message_text": q.Text, "source_name": "Sandbox chats",
			"client": obj{"name": q.ContactName, "avatar": nil}, "origin": obj{"chat_id": RandomUUID(), "ref": nil, "visitor_uid": nil},
		}
	case "mail":
		return obj{
			"from": obj{"email": q.Email, "name": q.ContactName}, "received_at": now, "subject": q.Text, "thread_id": now, "message_id": now,
			"content_summary": q.Text,
		}
	case "sip":
		return obj{
			"from": "sandbox", "phone": q.Phone, "called_at": now, "duration": 0, "link": nil, "service_code": "sandbox", "uniq": RandomUUID(),
		}
	}
	return obj{"form_id": "sandbox", "form_name": q.Text, "form_page": "https://example.com", "ip": "192.0.2.1", "form_sent_at": now, "referer": nil}
}
