package control

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// renameRequest says what an account is called from now on. An absent host is a spare one.
type renameRequest struct {
	Account   world.Selector `json:"account"`
	Subdomain string         `json:"subdomain"`
	Host      string         `json:"host"`
}

var subdomainForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// controlRename gives an account another subdomain and host. Its tokens, ids and data stay.
func (s *Control) controlRename(w *world.World, r *http.Request, req renameRequest) (any, error) {
	if !subdomainForm.MatchString(req.Subdomain) {
		return nil, errors.New("subdomain: accepted are small letters, digits and hyphens, not beginning with a hyphen")
	}
	a, err := req.Account.Find(w)
	if err != nil {
		return nil, err
	}
	host, err := s.newHost(w, a, req)
	if err != nil {
		return nil, err
	}
	former := a.Host
	for _, old := range []string{a.Host, a.Subdomain} {
		if name := strings.ToLower(old); !slices.Contains(a.Former, name) {
			a.Former = append(a.Former, name)
		}
	}
	a.Host, a.Subdomain = host, req.Subdomain
	return map[string]any{
		"former_host": former, "account_id": a.ID, "subdomain": a.Subdomain, "host": a.Host, "base_url": api.Scheme(r) + a.Host,
	}, nil
}

// newHost finds the host of a renamed account: the given one, a spare one, one that another account has left, or the same
// domain with the new name before it.
func (s *Control) newHost(w *world.World, a *world.Account, req renameRequest) (string, error) {
	taken := func(host string) bool {
		return slices.ContainsFunc(w.Accounts, func(o *world.Account) bool { return strings.EqualFold(o.Host, host) })
	}
	for _, o := range w.Accounts {
		if o != a && strings.EqualFold(o.Subdomain, req.Subdomain) {
			return "", fmt.Errorf("subdomain: account %d is called %s", o.ID, req.Subdomain)
		}
	}
	if req.Host != "" {
		if taken(req.Host) || strings.ContainsAny(req.Host, "/ @?#") {
			return "", fmt.Errorf("host: accepted is a host[:port] that no account has, not %q", req.Host)
		}
		return req.Host, nil
	}
	for _, host := range s.Hosts {
		if host != "" && !taken(host) {
			return host, nil
		}
	}
	label, domain, named := strings.Cut(a.Host, ".")
	if host := req.Subdomain + "." + domain; named && strings.EqualFold(label, a.Subdomain) && !taken(host) {
		return host, nil
	}
	return "", errors.New("host: no spare address is left; name one")
}

// deleteRequest names a contact or a lead.
type deleteRequest = struct {
	Account world.Selector `json:"account"`
	Entity  string         `json:"entity"`
	ID      int64          `json:"id"`
}

// controlDelete puts it into the bin.
func (s *Control) controlDelete(w *world.World, _ *http.Request, req deleteRequest) (any, error) {
	if req.Entity != "contacts" && req.Entity != "leads" {
		return nil, kit.WrongField("entity", `"contacts" or "leads"`)
	}
	a, err := req.Account.Find(w)
	if err == nil && !s.Editor.BinByHand(w, a, req.Entity, req.ID) {
		err = fmt.Errorf("id: there is no %d among the %s of account %d", req.ID, req.Entity, a.ID)
	}
	return map[string]int64{"deleted": req.ID}, err
}

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
