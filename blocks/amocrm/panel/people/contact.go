package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/phone"
	"github.com/sidecard/sidecard/oauth"
)

// contactFormView is the form of a new contact.
type contactFormView struct {
	Base       ui.Plain
	Token      ui.Plain
	Name       any // of the helpdesk, or Plain as it was typed
	Position   any
	Company    any
	Phones     []rowView // what is known, and one empty row
	Emails     []rowView
	Errors     map[string]string
	Problem    string
	Duplicates []personView // contacts that have one of these phones or e-mails already
	Seen       ui.Plain     // their ids: going on anyway is for these alone
}

// rowView is one of several inputs of the same name. Value is of the helpdesk, or Plain as it was typed.
type rowView struct {
	Value any
	Error string
}

// Hidden reports whether digits of the value are hidden.
func (r rowView) Hidden() bool { return phone.HasMasked(fmt.Sprint(r.Value)) }

// maxRows bounds how many phones and e-mails a form takes.
const maxRows = 10

// newContact serves the form, filled with what the helpdesk knows: GET …/contacts/new.
func (h *Handlers) newContact(r *request) error {
	return r.Show(http.StatusOK, "contact_form",
		r.contactForm(r.crm.ContactForm(r.Ctx, r.Session.Ticket.Client), nil))
}

// createContact makes the contact: POST …/contacts. When others have the same phone or e-mail they are shown first; the
// agent may go on anyway; others that only what was typed since has brought up are shown, too.
func (h *Handlers) createContact(r *request) error {
	draft := r.crm.ContactForm(r.Ctx, r.Session.Ticket.Client) // messengers and sites go along unseen
	form, err := r.FormParams()
	if err != nil {
		return r.Fail(err, r.Base()+"/contacts/new")
	}
	known := draft
	f := r.Format()
	typed := func(name, known string) string {
		return forms.Unmasked(f, []string{strings.TrimSpace(form.Get(name))}, []string{known})[0]
	}
	draft.Name, draft.Position, draft.Company = typed("name", known.Name), typed("position", known.Position), typed("company", known.Company)
	draft.Phones = forms.Unmasked(f, forms.Typed(form["phone"], maxRows), known.Phones)
	draft.Emails = forms.Unmasked(f, forms.Typed(form["email"], maxRows), known.Emails)
	if draft.Fields, err = r.crm.Mapped(r.Ctx, fields.EntityContact, r.Session.Ticket); err != nil {
		return r.contactFailed(draft, err)
	}
	var twins []people.Person
	// The look for duplicates is part of it: the second of two clicks would find what the first one has made.
	done, err := r.Once(func(ctx context.Context) (done string, err error) {
		done, twins, err = r.create(ctx, draft, ui.Numbers(form.Get("anyway"), maxShownTwins))
		return done, err
	})
	switch {
	case errors.Is(err, crm.ErrTwin):
		return r.Show(http.StatusOK, "contact_form", r.duplicates(draft, twins))
	case err != nil:
		return r.contactFailed(draft, err)
	}
	return r.after(done)
}

// create makes the contact. The error is crm.ErrTwin when others than those that were seen are much like it, then with all twins.
func (r *request) create(ctx context.Context, draft people.Draft, seen []int64) (done string, twins []people.Person, err error) {
	twins, err = r.crm.Duplicates(r.Ctx, draft)
	if err != nil && len(seen) == 0 && !errors.As(err, new(*crm.FieldErrors)) && !errors.Is(err, crm.ErrEmptyQuery) {
		return "", nil, err
	}
	if slices.ContainsFunc(twins, func(p people.Person) bool { return !slices.Contains(seen, p.ID) }) {
		return "", twins, crm.ErrTwin
	}
	draft.Others = seen
	if err := r.wholeContact(draft); err != nil {
		return "", nil, err
	}
	id, err := r.crm.CreateContact(ctx, r.Session.Ticket.Client.ID, draft)
	if errors.Is(err, crm.ErrTwin) { // made while this one waited: shown like those that were there before
		twins, again := r.crm.Duplicates(ctx, draft)
		return "", twins, cmp.Or(again, err)
	}
	missing, err := forms.Written(r.PageRequest, err)
	return strings.TrimSuffix("contact:"+strconv.FormatInt(id, 10)+":"+missing, ":"), nil, err
}

// duplicates returns the form with the contacts that are much like the new one.
func (r *request) duplicates(draft people.Draft, same []people.Person) contactFormView {
	view := r.contactForm(draft, nil)
	f := r.Format()
	var seen []string
	for _, p := range same {
		view.Duplicates = append(view.Duplicates, r.foundCard(f, p))
		seen = append(seen, strconv.FormatInt(p.ID, 10))
	}
	view.Seen = ui.Plain(strings.Join(seen, ","))
	return view
}

// contactFailed shows the form again, with what was typed.
func (r *request) contactFailed(draft people.Draft, err error) error {
	if errors.Is(err, oauth.ErrNeedsLogin) {
		return r.Fail(err, "")
	}
	why := forms.Refused(r.PageRequest, err)
	view := r.contactForm(draft, why.Errors)
	if why.Problem != "" {
		view.Problem, view.Token = why.Problem, why.Token
	}
	return r.Show(http.StatusOK, "contact_form", view)
}

// contactForm draws the form of a new contact. What the helpdesk knows is masked like all words; what the agent has typed
// stays as it is.
func (r *request) contactForm(draft people.Draft, errs map[string]string) contactFormView {
	rest := maps.Clone(errs)
	f, known := r.Format(), r.crm.ContactForm(r.Ctx, r.Session.Ticket.Client)
	texts := slices.Concat(known.Emails, []string{known.Name, known.Position, known.Company})
	value := func(text string) any { return forms.Value(text, !slices.Contains(texts, text)) }
	view := contactFormView{
		Base: ui.Plain(r.Base()), Token: ui.NewToken(), Errors: rest,
		Name: value(draft.Name), Position: value(draft.Position), Company: value(draft.Company),
	}
	rows := func(values []string, path string) []rowView {
		var out []rowView
		for i, text := range values {
			key, value := path+"."+strconv.Itoa(i), value(text)
			if f.Masked && path == "phones" && phone.In(known.Phones, text, f.Region) {
				value = f.Phone(text)
			}
			out = append(out, rowView{value, rest[key]})
			delete(rest, key)
		}
		if len(out) < maxRows {
			out = append(out, rowView{ui.Plain(""), rest[path]})
			delete(rest, path)
		}
		return out
	}
	view.Phones, view.Emails = rows(draft.Phones, "phones"), rows(draft.Emails, "emails")
	view.Problem = forms.LeftOver(rest, "name", "position", "company")
	return view
}

// maxShownTwins bounds the contacts that a person has seen before going on.
const maxShownTwins = 300

// wholeContact refuses texts with hidden digits that were changed.
func (r *request) wholeContact(d people.Draft) error {
	u := forms.Unmasking{Format: r.Format()}
	u.Text("name", d.Name)
	u.Text("position", d.Position)
	u.Text("company", d.Company)
	return u.Err()
}
