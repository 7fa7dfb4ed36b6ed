package webhooks

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/wire"
)

// maxBody bounds a body. amoCRM sends some kilobytes; more comes from another sender.
const maxBody = 256 << 10

// Kinds of an Item.
const (
	Deals    = "leads"
	Contacts = "contacts"
)

// Item is one deal or contact that is not what it was.
type Item struct {
	Kind   string // Deals or Contacts
	ID     int64
	Action string // amoCRM's: add, update, status, responsible, delete, restore, note, task
	By     int64  // amoCRM user who did it, 0 when the hook does not name one
}

// Body is the content of a webhook.
type Body struct {
	Account int64 // amoCRM's account id, 0 when it is not named
	Items   []Item
}

// errShape is a body that is no form, or too big a one.
var errShape = errors.New("hooks: body not in the form of a webhook")

// Parse reads a hook's form (amocrm.md §7.3). Indexes and names of further levels are taken as they come, since amoCRM's
// own examples differ: "leads[delete][0][id]=1" and "leads[delete]=1", "task[update][0][id]" and "task[update][0][0][id]".
// Companies and tasks stand for the deals and contacts they are linked to. Unknown parts are left out.
func Parse(raw []byte) (Body, error) {
	if len(raw) > maxBody || len(raw) > 0 && !bytes.Contains(raw, []byte("=")) {
		return Body{}, errShape
	}
	form, err := wire.Fields(string(raw))
	if err != nil {
		return Body{}, errShape
	}
	p := parser{items: map[string]*fields{}}
	for _, f := range form {
		keys, _ := wire.Path(string(f.Name)) // of a broken name, what can be read
		p.take(keys, string(f.Value))
	}
	return p.body(), nil
}

// fields are the values of one entity of the form, by the names below its index.
type fields struct {
	root, action string
	direct       []int64 // of "leads[delete]=1"
	values       map[string]string
	linked       []int64 // deals of a contact or company
	leads        []int64 // deals of an unsorted request
	contacts     []int64
}

type parser struct {
	account int64
	items   map[string]*fields // by root, action and index
}

func (p *parser) take(parts []string, value string) {
	if len(parts) < 2 || parts[1] == "" {
		return
	}
	root, action, rest := parts[0], parts[1], parts[2:]
	if root == "account" {
		if action == "id" && len(rest) == 0 {
			p.account = number(value)
		}
		return
	}
	n := 0
	for n < len(rest) && isIndex(rest[n]) {
		n++
	}
	key := strings.Join(parts[:2+n], "/")
	rest = rest[n:]
	if len(rest) == 0 { // the value is the id; its place is no index of an entity
		key = root + "/" + action
	}
	f := p.items[key]
	if f == nil {
		f = &fields{root: root, action: action, values: map[string]string{}}
		p.items[key] = f
	}
	switch {
	case len(rest) == 0:
		f.direct = append(f.direct, number(value))
	case len(rest) == 3 && rest[0] == "linked_leads_id":
		f.linked = append(f.linked, number(value))
	case len(rest) == 3 && (rest[0] == "accept_result" || rest[0] == "decline_result") && rest[1] == "leads":
		f.leads = append(f.leads, number(value))
	case len(rest) == 3 && rest[0] == "accept_result" && rest[1] == "contacts":
		f.contacts = append(f.contacts, number(value))
	case rest[0] == "note" && len(rest) > 1: // a note stands one level deeper
		f.values[rest[len(rest)-1]] = value
	case len(rest) == 1:
		f.values[rest[0]] = value
	}
}

func (p *parser) body() Body {
	b := Body{Account: p.account}
	for _, f := range p.items {
		by := f.by()
		add := func(kind, action string, ids ...int64) {
			for _, id := range ids {
				it := Item{Kind: kind, ID: id, Action: action, By: by}
				if id > 0 && (kind == Deals || kind == Contacts) && !slices.Contains(b.Items, it) {
					b.Items = append(b.Items, it)
				}
			}
		}
		if b.Account == 0 {
			b.Account = number(f.values["account_id"])
		}
		id := number(f.values["id"])
		switch {
		case f.action == "note":
			add(f.element(), "note", number(f.values["element_id"]))
		case f.root == "task":
			add(f.element(), "task", number(f.values["element_id"]))
		case f.root == Deals:
			add(Deals, f.action, append(f.direct, id)...)
		case f.root == Contacts:
			if f.values["type"] != "company" {
				add(Contacts, f.action, append(f.direct, id)...)
			}
			add(Deals, "update", f.linked...)
		case f.root == "unsorted":
			add(Deals, "update", f.leads...)
			add(Contacts, "update", f.contacts...)
		}
	}
	slices.SortFunc(b.Items, func(x, y Item) int { // the form's keys come in no order
		return cmp.Or(strings.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID), strings.Compare(x.Action, y.Action))
	})
	return b
}

// by is the user who made the change.
func (f *fields) by() int64 {
	if f.action == "note" {
		return number(f.values["created_by"])
	}
	return number(f.values["modified_user_id"])
}

// element is the kind that a note or a task hangs on, by its old number; a note of "leads[note]" need not name it.
func (f *fields) element() string {
	switch f.values["element_type"] {
	case "1":
		return Contacts
	case "2":
		return Deals
	case "":
		return f.root
	}
	return ""
}

func isIndex(s string) bool { return strings.Trim(s, "0123456789") == "" }

// number reads an id; 0 for anything else.
func number(s string) int64 {
	n, ok := wire.ParseInt(strings.TrimSpace(s))
	if !ok || n < 0 {
		return 0
	}
	return n
}
