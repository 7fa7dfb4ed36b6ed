package control

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

const unsortedFields = "account, category, pipeline_id, name, contact_id, contact_name, phone, email, text"

// unsortedRequest is an incoming lead as a channel of amoCRM's own brings it. Everything but the category may be absent.
type unsortedRequest struct {
	Account     world.Selector `json:"account"`
	Category    string         `json:"category"`
	PipelineID  int64          `json:"pipeline_id"` // 0 is the main one
	Name        string         `json:"name"`        // of the lead
	ContactID   int64          `json:"contact_id"`  // 0 makes a new one
	ContactName string         `json:"contact_name"`
	Phone       string         `json:"phone"`
	Email       string         `json:"email"`
	Text        string         `json:"text"` // of the message, the letter's subject, the form's name
}

var unsortedDefaults = unsortedRequest{ContactName: "Incoming contact", Text: "Hello"}

// controlUnsorted makes an incoming lead of any category. The API makes sip and forms only: chats and mail come from
// amoCRM's own channels.
func (s *Control) controlUnsorted(w *world.World, _ *http.Request, req unsortedRequest) (any, error) {
	if !slices.Contains(edit.UnsortedCategories, req.Category) {
		return nil, kit.WrongField("category", strings.Join(edit.UnsortedCategories, ", "))
	}
	a, err := req.Account.Find(w)
	if err != nil {
		return nil, err
	}
	x := s.Editor.Writer(w, a, a.FirstAdmin().ID)
	made, bad := x.AddUnsorted(req.Category, []map[string]any{req.item(x.Now)})
	if bad.Any() {
		wrong := bad.Items[0].Errors[0]
		return nil, kit.WrongField(wrong.Path, wrong.Detail)
	}
	u := made[0]
	return map[string]any{"uid": u.UID, "category": u.Category, "account_id": a.ID, "lead_id": u.LeadID, "contact_id": u.ContactID}, nil
}

// item is the request in the form in which the API takes incoming leads.
func (q unsortedRequest) item(now int64) map[string]any {
	contact := map[string]any{"name": q.ContactName}
	var values []any
	for code, value := range map[string]string{"PHONE": q.Phone, "EMAIL": q.Email} {
		if value != "" {
			values = append(values, map[string]any{"field_code": code, "values": []any{map[string]any{"value": value}}})
		}
	}
	if values != nil {
		contact["custom_fields_values"] = values
	}
	if q.ContactID != 0 {
		contact = map[string]any{"id": q.ContactID}
	}
	lead := map[string]any{}
	if q.Name != "" {
		lead["name"] = q.Name
	}
	m := map[string]any{
		"source_uid": "sandbox-" + q.Category, "source_name": "Sandbox " + q.Category, "metadata": q.metadata(now),
		"_embedded": map[string]any{"leads": []any{lead}, "contacts": []any{contact}},
	}
	if q.PipelineID != 0 {
		m["pipeline_id"] = q.PipelineID
	}
	return m
}

// metadata are those of the category as the documentation has them.
func (q unsortedRequest) metadata(now int64) map[string]any {
	switch q.Category {
	case "chats":
		return map[string]any{
			"from": q.ContactName, "to": "sandbox", "received_at": now, "service": "sandbox", "last_message_text": q.Text, "source_name": "Sandbox chats",
			"client": map[string]any{"name": q.ContactName, "avatar": nil}, "origin": map[string]any{"chat_id": token.UUID(), "ref": nil, "visitor_uid": nil},
		}
	case "mail":
		return map[string]any{
			"from": map[string]any{"email": q.Email, "name": q.ContactName}, "received_at": now, "subject": q.Text, "thread_id": now, "message_id": now,
			"content_summary": q.Text,
		}
	case "sip":
		return map[string]any{
			"from": "sandbox", "phone": q.Phone, "called_at": now, "duration": 0, "link": nil, "service_code": "sandbox", "uniq": token.UUID(),
		}
	}
	return map[string]any{"form_id": "sandbox", "form_name": q.Text, "form_page": "https://example.com", "ip": "192.0.2.1", "form_sent_at": now, "referer": nil}
}
