package people

import (
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/helpdesk"
)

// contactInput is the wire form of a cleaned draft. Phones and e-mails go under amoCRM's own codes, which every account
// has; position, messengers and sites only where the account has the field.
func contactInput(d Draft, m crm.Meta) (amocrm.ContactInput, fields.Sent) {
	in := amocrm.ContactInput{Name: d.Name, ResponsibleID: amocrm.ID(d.ResponsibleID)}
	var sent fields.Sent
	add := func(code, path string, values []amocrm.ValueInput, paths []string) {
		if len(values) == 0 {
			return
		}
		in.Fields = append(in.Fields, amocrm.FieldInput{FieldCode: code, Values: values})
		sent = append(sent, fields.SentField{Path: path, Values: paths})
	}
	multi := func(code, path, kind string, list []string) {
		var values []amocrm.ValueInput
		var paths []string
		for i, s := range list {
			values = append(values, amocrm.ValueInput{Value: s, EnumCode: kind})
			paths = append(paths, path+"."+strconv.Itoa(i))
		}
		add(code, path, values, paths)
	}
	multi(fields.CodePhone, "phones", "WORK", d.Phones)
	multi(fields.CodeEmail, "emails", "WORK", d.Emails)
	if _, ok := m.ContactField(fields.CodePosition); ok && d.Position != "" {
		add(fields.CodePosition, "position", []amocrm.ValueInput{{Value: d.Position}}, nil)
	}
	if f, ok := m.ContactField(fields.CodeMessage); ok {
		values, paths := messengerValues(f, d.Messengers)
		add(fields.CodeMessage, "messengers", values, paths)
	}
	if f, ok := m.ContactField(fields.CodeSite); ok && f.Type == "url" && len(d.Sites) > 0 {
		if site, err := f.Input(d.Sites[:1]); err == nil { // a site that is no address is not worth refusing the contact
			add(fields.CodeSite, "sites", site.Values, nil)
		}
	}
	for _, f := range fields.MapTargets(m, fields.EntityContact) {
		value, err := f.InputIn(m.Calendar(), d.Fields[int64(f.ID)])
		if err == nil && len(value.Values) > 0 { // nobody has typed it, so nobody could correct it
			in.Fields = append(in.Fields, value)
			sent = append(sent, fields.SentField{Path: fields.Path(int64(f.ID))})
		}
	}
	return in, sent
}

// messengerValues files each handle under the kind of that name, else under OTHER, else under the field's first kind.
func messengerValues(f amocrm.Field, handles []helpdesk.Messenger) (values []amocrm.ValueInput, paths []string) {
	named := func(name string) (amocrm.Enum, bool) {
		return crm.Find(f.Enums, func(e amocrm.Enum) bool { return strings.EqualFold(e.Code, name) || strings.EqualFold(e.Value, name) })
	}
	for i, h := range handles {
		kind, ok := named(h.Type)
		if !ok {
			kind, ok = named("OTHER")
		}
		if !ok && len(f.Enums) > 0 {
			kind = f.Enums[0]
		}
		values = append(values, amocrm.ValueInput{Value: h.ID, EnumID: kind.ID})
		paths = append(paths, "messengers."+strconv.Itoa(i))
	}
	return values, paths
}

// Draft is the form of a new contact.
type Draft struct {
	Name          string
	Phones        []string
	Emails        []string
	Position      string
	Company       string
	Messengers    []helpdesk.Messenger
	Sites         []string
	ResponsibleID int64
	Fields        map[int64][]string // custom fields that a mapping fills, by field id
	Others        []int64            // contacts with one of its phones or e-mails that the person has seen, and means another
}
