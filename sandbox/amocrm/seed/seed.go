// Package seed fills a World with the scenario's accounts, through the same reading as a request's.
package seed

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// firstFreeID is above every id of the story.
const firstFreeID = 58_101_000

// Fill turns the scenario's accounts into the World's, one host each. It panics on a scenario that amoCRM would not
// take (an unknown field, choice or stage): the scenario is code, and a wrong one is a mistake in it.
func Fill(w *world.World, sc scenario.World, hosts []string, now time.Time) {
	w.NextID = firstFreeID
	for i, acc := range sc.Accounts {
		s := seeder{w: w, now: now.Unix(), in: acc, a: emptyAccount(acc)}
		if i < len(hosts) {
			s.a.Host = hosts[i]
		}
		s.settings()
		s.fields()
		s.people()
		s.deals()
		s.activity()
		slices.SortStableFunc(s.a.Events, func(x, y *world.Event) int { return cmp.Compare(x.CreatedAt, y.CreatedAt) })
		w.Accounts = append(w.Accounts, s.a)
	}
}

// seeder fills one account.
type seeder struct {
	w   *world.World
	a   *world.Account
	in  scenario.Account
	now int64
}

func emptyAccount(in scenario.Account) *world.Account {
	return &world.Account{
		ID: in.ID, Name: in.Name, Subdomain: in.Subdomain, Country: in.Country, Currency: in.Currency,
		CurrencySign: in.CurrencySign, Timezone: in.Timezone, Language: in.Language, FilterOn: in.FilterOn, Cents: in.Cents,
		Fields: map[string][]*world.Field{}, Companies: map[int64]*world.Company{}, Contacts: map[int64]*world.Contact{},
		Leads: map[int64]*world.Lead{}, Notes: map[int64]*world.Note{}, Tasks: map[int64]*world.Task{}, Tags: map[string][]*world.Tag{},
		Unsorted: map[string]*world.Unsorted{},
	}
}

// settings makes users, pipelines and loss reasons.
func (s seeder) settings() {
	for _, u := range s.in.Users {
		s.a.Users = append(s.a.Users, &world.User{ID: u.ID, Name: u.Name, Email: u.Email, Admin: u.Admin, Active: !u.Inactive, Free: u.Free})
	}
	words := stageWords[s.in.Language]
	if words == nil {
		words = stageWords["en"]
	}
	for i, in := range s.in.Pipelines {
		own := kit.Each(in.Statuses, func(_ int, st scenario.Status) *world.Status {
			return &world.Status{ID: st.ID, Name: st.Name, Color: st.Color, Edit: true}
		})
		p := &world.Pipeline{
			ID: in.ID, Name: in.Name, Sort: int64(i + 1), Main: in.Main, UnsortedOn: true,
			Statuses: world.WrapStages(own, words[0], words[1], words[2]),
		}
		if p.Statuses[0].ID = in.UnsortedID; in.UnsortedID == 0 {
			p.Statuses[0].ID = s.w.TakeID()
		}
		s.a.Pipelines = append(s.a.Pipelines, p)
	}
	for i, l := range s.in.LossReasons {
		sort := int64(100000 * (i + 1))
		s.a.LossReasons = append(s.a.LossReasons, &world.LossReason{ID: l.ID, Name: l.Name, Sort: sort, CreatedAt: world.AccountBirth})
	}
}

// stageWords name Unsorted, won and lost.
var stageWords = map[string][]string{
	"ru": {"Неразобранное", "Успешно реализовано", "Закрыто и не реализовано"},
	"en": {"Incoming leads", "Closed - won", "Closed - lost"},
	"es": {"Leads Entrantes", "Logrado con éxito", "Ventas Perdidos"},
	"pt": {"Etapa de leads de entrada", "Closed - won", "Closed - lost"},
}

// predefined are the fields that amoCRM itself makes; the scenario may bring its own under the same code.
var predefined = map[string][]scenario.Field{
	"contacts": {
		{Name: "Должность", Code: "POSITION", Type: "text"}, phoneField, emailField,
		{Name: "Мгн. сообщения", Code: "IM", Type: "multitext", Enums: kinds("SKYPE ICQ JABBER GTALK MSN OTHER")},
	},
	"companies": {
		phoneField, emailField, {Name: "Web", Code: "WEB", Type: "url"}, {Name: "Адрес", Code: "ADDRESS", Type: "textarea"},
	},
}

var (
	phoneField = scenario.Field{Name: "Телефон", Code: "PHONE", Type: "multitext", Enums: kinds("WORK WORKDD MOB FAX HOME OTHER")}
	emailField = scenario.Field{Name: "Email", Code: "EMAIL", Type: "multitext", Enums: kinds("WORK PRIV OTHER")}
)

func kinds(list string) []scenario.Enum {
	return kit.Each(strings.Fields(list), func(_ int, word string) scenario.Enum { return scenario.Enum{Value: word} })
}

// fields makes the predefined definitions and then the scenario's.
func (s seeder) fields() {
	own := map[string][]scenario.Field{
		"leads": s.in.LeadFields, "contacts": s.in.ContactField, "companies": s.in.CompanyField,
	}
	for _, entity := range world.Entities {
		for _, f := range predefined[entity] {
			if !slices.ContainsFunc(own[entity], func(x scenario.Field) bool { return x.Code == f.Code }) {
				s.field(entity, f, true)
			}
		}
		for _, f := range own[entity] {
			standard := slices.ContainsFunc(predefined[entity], func(x scenario.Field) bool { return x.Code == f.Code })
			s.field(entity, f, standard)
		}
	}
}

func (s seeder) field(entity string, in scenario.Field, standard bool) {
	f := &world.Field{
		ID: in.ID, Name: in.Name, Code: in.Code, Type: in.Type, Sort: int64(500 + len(s.a.Fields[entity])),
		Currency: in.Currency, Predefined: standard,
	}
	if f.Type == "monetary" && f.Currency == "" {
		f.Currency = s.a.Currency
	}
	if standard {
		f.Sort = int64(2 * (len(s.a.Fields[entity]) + 1))
	}
	if f.ID == 0 {
		f.ID = s.w.TakeID()
	}
	for i, e := range in.Enums {
		if e.ID == 0 {
			e.ID = s.w.TakeID()
		}
		f.Enums = append(f.Enums, &world.Enum{ID: e.ID, Value: e.Value, Code: e.Code, Sort: int64(2 * (i + 1))})
	}
	for _, r := range in.Required {
		f.Required = append(f.Required, world.RequiredStatus{StatusID: r.StatusID, PipelineID: r.PipelineID})
	}
	s.a.Fields[entity] = append(s.a.Fields[entity], f)
}

// values puts written values on an entity, through the same reading as a request's.
func (s seeder) values(entity string, b *world.Base, list []scenario.Value) {
	s.write(entity, b, kit.Each(list, func(_ int, v scenario.Value) any {
		return map[string]any{"field_id": v.FieldID, "values": v.Values}
	}))
}

// write reads custom_fields_values as if they had come over the wire.
func (s seeder) write(entity string, b *world.Base, list []any) {
	encoded, err := json.Marshal(map[string]any{"custom_fields_values": list})
	if err != nil {
		panic(fmt.Sprintf("seed %s %d: %v", entity, b.ID, err))
	}
	dec := json.NewDecoder(bytes.NewReader(encoded))
	dec.UseNumber()
	var m map[string]any
	if err := dec.Decode(&m); err != nil {
		panic(fmt.Sprintf("seed %s %d: %v", entity, b.ID, err))
	}
	v := edit.NewCheck(s.a)
	writes := v.FieldValues(entity, m)
	if v.Failed() {
		panic(fmt.Sprintf("seed %s %d of account %d: %+v", entity, b.ID, s.a.ID, *v.Errs))
	}
	for _, f := range writes {
		edit.SetField(b, f)
	}
}

func (s seeder) tags(entity string, names []string) []int64 {
	var out []int64
	for _, name := range names {
		out = append(out, world.TagNamed(s.w, s.a, entity, name, "").ID)
	}
	return out
}

// ago is the time that many hours before the start.
func (s seeder) ago(hours int) int64 { return s.now - int64(hours)*3600 }

func (s seeder) journal(at, by int64) world.Journal { return s.w.Journal(s.a, at, by) }
