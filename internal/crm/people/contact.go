package people

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/email"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/phone"
)

const maxDraftItems = 20

// ContactForm fills the form of a new contact with what the helpdesk knows: every phone in E.164 where it is one, each
// once. It makes no CRM call.
func (cs *Contacts) ContactForm(ctx context.Context, c helpdesk.Client) Draft {
	country, err := cs.account.DB().Get(ctx, cs.account.Keys().Country()).Result()
	if err != nil {
		country = "" // the region is a convenience here: phones stay as they were typed
	}
	return draftOf(c, cs.account.Region(country))
}

func draftOf(c helpdesk.Client, region string) Draft {
	d := Draft{
		Name: strings.TrimSpace(c.Name), Position: strings.TrimSpace(c.Position), Company: strings.TrimSpace(c.Company),
		Messengers: c.Messengers, Sites: c.Sites, Phones: c.Phones, Emails: c.Emails,
	}
	d = d.clean(region)
	if d.Name == "" {
		d.Name = crm.FirstText(append(crm.Filter(d.Emails, email.Valid), d.Phones...)...)
	}
	return d
}

// clean trims everything and drops blanks and repeats.
func (d Draft) clean(region string) Draft {
	d.Name, d.Position, d.Company = strings.TrimSpace(d.Name), strings.TrimSpace(d.Position), strings.TrimSpace(d.Company)
	var phones, emails []string
	for _, typed := range d.Phones {
		for _, p := range phone.Split(strings.TrimSpace(typed), region) {
			if p != "" && !phone.In(phones, p, region) {
				phones = append(phones, p)
			}
		}
	}
	for _, typed := range d.Emails {
		emails = append(emails, email.Split(typed)...)
	}
	d.Phones, d.Emails = phones, distinct(emails, email.Key)
	d.Sites = distinct(d.Sites, strings.ToLower)
	var handles []helpdesk.Messenger
	for _, h := range d.Messengers {
		h = helpdesk.Messenger{Type: strings.ToLower(strings.TrimSpace(h.Type)), ID: strings.TrimSpace(h.ID)}
		if h.ID != "" && !slices.Contains(handles, h) {
			handles = append(handles, h)
		}
	}
	d.Messengers = handles
	return d
}

// distinct trims texts and drops blanks and those that fold to the same as an earlier one.
func distinct(list []string, fold func(string) string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		s = strings.TrimSpace(s)
		if k := fold(s); s != "" && !seen[k] {
			seen[k] = true
			out = append(out, s)
		}
	}
	return out
}

// check returns what is wrong with a cleaned draft.
func (d Draft) check() error {
	e := &crm.FieldErrors{}
	if d.Name == "" {
		e.Add("name", crm.KeyRequired, nil)
	}
	for path, s := range map[string]string{"name": d.Name, "position": d.Position, "company": d.Company} {
		e.Length(path, s, crm.MaxNameRunes)
	}
	for path, n := range map[string]int{"phones": len(d.Phones), "emails": len(d.Emails), "sites": len(d.Sites),
		"messengers": len(d.Messengers)} {
		if n > maxDraftItems {
			e.Add(path, crm.KeyTooMany, map[string]any{"max": float64(maxDraftItems)})
		}
	}
	for i, p := range d.Phones {
		if !phone.Plausible(p) {
			e.Add("phones."+strconv.Itoa(i), crm.KeyBadPhone, nil)
		}
	}
	for i, m := range d.Emails {
		if !email.Valid(m) {
			e.Add("emails."+strconv.Itoa(i), crm.KeyBadEmail, nil)
		}
	}
	return e.OrNil()
}

// CreateContact makes a contact for a client (0: for nobody) and remembers it for the client, who is found by it at once. A
// refused draft is *FieldErrors. ErrTwin when a contact with one of its phones or e-mails was made a moment ago that is none of
// Others: Duplicates tells of it. ErrUnknownOutcome when the answer was lost and the contact is not to be found yet;
// *AfterCreate beside the id when it exists but what follows failed. The contact joins the
// company of exactly that name (case aside), which is made when there is none.
func (cs *Contacts) CreateContact(ctx context.Context, clientID int64, d Draft) (int64, error) {
	meta, err := cs.account.Vocabulary(ctx, crm.PartAccount|crm.PartContactFields)
	if err != nil {
		return 0, fmt.Errorf("create contact: %w", err)
	}
	region := cs.account.Region(meta.Account.Country)
	d = d.clean(region)
	if err := d.check(); err != nil {
		return 0, err
	}
	client := helpdesk.Client{ID: clientID, Phones: d.Phones, Emails: d.Emails}
	unlock, err := cs.people.LockClient(ctx, client)
	if err != nil {
		return 0, fmt.Errorf("create contact: %w", err)
	}
	defer unlock()
	mem, err := cs.account.Memory().Recall(ctx, clientID)
	if err != nil {
		return 0, fmt.Errorf("create contact: %w", err)
	}
	in, sent := contactInput(d, meta)
	made, err := cs.people.madeFor(ctx, client, region)
	if err != nil {
		return 0, fmt.Errorf("create contact: %w", err)
	}
	if slices.ContainsFunc(made, func(c amocrm.Contact) bool { return !slices.Contains(d.Others, int64(c.ID)) }) {
		return 0, fmt.Errorf("create contact: %w", crm.ErrTwin)
	}
	id, err := cs.account.Writes().Once(ctx, crm.Write{
		Mark: append(append([]string{"contact", crm.Decimal(clientID), d.Name}, d.Phones...), d.Emails...),
		Send: func(ctx context.Context) (int64, error) {
			made, err := cs.account.API().CreateContacts(ctx, []amocrm.ContactInput{in})
			return crm.FirstID(made), err
		},
		Look: func(ctx context.Context, since time.Time) (int64, error) {
			return cs.lostContact(ctx, d, region, mem, since)
		},
	})
	if err != nil {
		return 0, crm.Wrap("create contact", crm.Refused(err, sent.FormPath))
	}
	after := context.WithoutCancel(ctx)
	if err := cs.people.Remember(after, client, id); err != nil {
		return id, &crm.AfterCreate{Step: "remember", Err: err}
	}
	if err := cs.people.companies.Join(after, id, d.Company, d.ResponsibleID); err != nil {
		return id, &crm.AfterCreate{Step: "company", Err: err}
	}
	return id, nil
}

// lostContact looks for a contact that was made a moment ago: same name, and one of its keys if it has any. Contacts
// that are known to have been made for the client before, and those of other authors, are others.
func (cs *Contacts) lostContact(ctx context.Context, d Draft, region string, mem crm.Recalled, since time.Time) (int64, error) {
	k := keysOf(helpdesk.Client{Phones: d.Phones, Emails: d.Emails}, region)
	queries := k.queries(region)
	if len(queries) == 0 {
		queries = []string{d.Name}
	}
	got, _, err := cs.account.API().SearchContacts(ctx, queries[0], 1, searchHits)
	if err != nil {
		return 0, err
	}
	ours := cs.account.Writes().Authors(ctx)
	var best amocrm.Contact
	for _, c := range got {
		if !ours(c.CreatedBy) || int64(c.CreatedAt) < since.Unix() || c.CreatedAt < best.CreatedAt || slices.Contains(mem.Contacts, int64(c.ID)) {
			continue
		}
		if crm.ContactName(c) == d.Name && (k.empty() || len(k.match(c, region)) > 0) {
			best = c
		}
	}
	return int64(best.ID), nil
}
