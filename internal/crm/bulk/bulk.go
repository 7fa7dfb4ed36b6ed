package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/subjects"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/once"
	"github.com/sidecard/sidecard/internal/store"
)

// Account is an account for the work on many jobs.
type Account struct{ *subjects.Account }

// Open opens a tenant's account, as crm.Accounts.Open does.
func Open(ctx context.Context, accounts *crm.Accounts, tenantID string, p store.Priority) (Account, error) {
	a, err := subjects.Open(ctx, accounts, tenantID, p, "")
	return Account{a}, err
}

// FreshMeta returns the account's vocabulary past the cache.
func (a Account) FreshMeta(ctx context.Context) (crm.Meta, error) {
	if err := a.Forget(ctx); err != nil {
		return crm.Meta{}, err
	}
	return a.Meta(ctx)
}

// Deal is a deal to make. Zero members are the CRM's own choice.
type Deal struct {
	Key           string // comes back with the answer
	Name          string
	Price         json.Number
	StatusID      int64
	PipelineID    int64
	ResponsibleID int64
	Fields        []crm.FieldInput
	Tags          []string
	Contact       Contact
	CompanyID     int64
}

// Contact is the contact of a deal: one that is there or, without an id, one that is made with it.
type Contact struct {
	ID     int64
	Name   string
	Fields []crm.FieldInput

	made amocrm.ContactInput // what else is known of a new one
}

// Resolve returns a client's contact, as people.People does.
func (a Account) Resolve(ctx context.Context, c helpdesk.Client) (Contact, error) {
	id, made, err := a.Account.Resolve(ctx, c)
	if err != nil || made == nil {
		return Contact{ID: id}, err
	}
	return Contact{Name: made.Name, Fields: made.Fields, made: *made}, nil
}

// Made is what an answer says was made by one write.
type Made struct {
	ID        int64
	ContactID int64 // of a deal
	Merged    bool  // the CRM's duplicate control has put the deal into one that was there
	Keys      []string
}

// Content is everything of a deal but its contact and its company: the same for deals that can be taken for each other.
func (d Deal) Content() (string, error) {
	raw, err := json.Marshal(d.input())
	return string(raw), store.Wrap("encode deal", err)
}

func (d Deal) input() amocrm.LeadInput {
	in := amocrm.LeadInput{Name: d.Name, Price: d.Price, StatusID: amocrm.ID(d.StatusID), PipelineID: amocrm.ID(d.PipelineID),
		ResponsibleID: amocrm.ID(d.ResponsibleID), Fields: d.Fields}
	for _, name := range d.Tags {
		in.TagsToAdd = append(in.TagsToAdd, amocrm.TagInput{Name: name})
	}
	return in
}

// MakeDeals makes deals with their contacts. Beside an error it may return some that were made.
func (a Account) MakeDeals(ctx context.Context, deals []Deal) ([]Made, error) {
	body := make([]amocrm.LeadInput, len(deals))
	for i, d := range deals {
		contact := d.Contact.made
		contact.ID, contact.Fields = amocrm.ID(d.Contact.ID), d.Contact.Fields
		body[i] = d.input()
		body[i].RequestID, body[i].Embedded = d.Key, &amocrm.LeadLinks{Contacts: []amocrm.ContactInput{contact}}
		if d.CompanyID != 0 {
			body[i].Embedded.Companies = []amocrm.CompanyInput{{ID: amocrm.ID(d.CompanyID)}}
		}
	}
	answer, err := a.API().CreateComplex(ctx, body)
	made := make([]Made, len(answer))
	for i, r := range answer {
		made[i] = Made{ID: int64(r.ID), ContactID: int64(r.ContactID), Merged: r.Merged, Keys: r.RequestIDs}
	}
	return made, err
}

// Note is a note to write to a deal.
type Note struct {
	Key    string
	DealID int64
	Text   string
}

// MakeNotes writes notes. The cards of their deals show whose they are.
func (a Account) MakeNotes(ctx context.Context, notes []Note) ([]Made, error) {
	body := make([]amocrm.NoteInput, len(notes))
	for i, n := range notes {
		body[i] = amocrm.NoteInput{EntityID: amocrm.ID(n.DealID), Type: "common",
			Params: map[string]any{"text": strings.TrimSpace(n.Text)}, RequestID: n.Key}
	}
	answer, err := a.API().CreateNotes(ctx, body)
	for i, m := range answer {
		if i < len(notes) && m.ID != 0 {
			if err := a.Memory().RememberNote(ctx, notes[i].DealID, int64(m.ID)); err != nil { // the card only lacks its mark
				a.Log().WarnContext(ctx, "note not marked as ours", "error", err)
			}
		}
	}
	return madeOf(answer), err
}

// Task is a task to add to a deal; without a ResponsibleID it is the CRM's choice whose it is.
type Task struct {
	Key           string
	DealID        int64
	Text          string
	Due           time.Time
	ResponsibleID int64
}

// MakeTasks adds tasks.
func (a Account) MakeTasks(ctx context.Context, tasks []Task) ([]Made, error) {
	body := make([]amocrm.TaskInput, len(tasks))
	for i, t := range tasks {
		body[i] = amocrm.TaskInput{EntityID: amocrm.ID(t.DealID), EntityType: "leads", Text: t.Text, CompleteTill: t.Due.Unix(),
			TypeID: amocrm.TaskFollowUp, ResponsibleID: amocrm.ID(t.ResponsibleID), RequestID: t.Key}
	}
	answer, err := a.API().CreateTasks(ctx, body)
	return madeOf(answer), err
}

func madeOf(answer []amocrm.Created) []Made {
	made := make([]Made, len(answer))
	for i, m := range answer {
		if made[i].ID = int64(m.ID); m.RequestID != "" {
			made[i].Keys = []string{string(m.RequestID)}
		}
	}
	return made
}

// AddTags adds tags to a deal. Adding one twice changes nothing: a lost answer is none.
func (a Account) AddTags(ctx context.Context, dealID int64, tags []string) error {
	in := Deal{Tags: tags}.input()
	in.ID = amocrm.ID(dealID)
	if err := a.API().UpdateLead(ctx, in); !errors.Is(err, amocrm.ErrUnknownOutcome) {
		return err
	}
	return nil
}

// Outcome returns what an error of a call says of the item with a key and, of a refusal that names it, the part that does (once.Step).
func Outcome(err error, key string) (how once.Outcome, mine error) {
	switch answer, ok := crm.AnswerOf(err); {
	case !ok:
		return once.NotDone, nil
	case answer.Unknown:
		return once.Unknown, nil
	case !answer.Invalid && !answer.NotFound:
		return once.NotDone, nil
	}
	refusal, _ := errors.AsType[*amocrm.Error](err)
	own := *refusal
	own.Validation = slices.DeleteFunc(slices.Clone(own.Validation), func(v amocrm.FieldError) bool { return v.RequestID != key })
	if len(own.Validation) > 0 {
		mine = &own
	}
	return once.Refused, mine
}
