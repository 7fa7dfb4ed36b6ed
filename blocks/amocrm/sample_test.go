package amocrm

import (
	"fmt"
	"time"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/money"
)

func ago(d time.Duration) time.Time { return now.Add(-d) }
func in(d time.Duration) *time.Time { t := now.Add(d); return &t }

const day = 24 * time.Hour

func sampleTicket() helpdesk.Ticket {
	return helpdesk.Ticket{ID: 101, Subject: "Second delivery of chairs", Channel: "email", Client: helpdesk.Client{
		ID: 55, Name: "Anna Petrova", Company: "Chairs & Co", Phones: []string{"8 999 123-45-67"}, Emails: []string{"anna@example.com"},
	}}
}

func sampleDeals() []deals.Deal {
	base := "https://example.amocrm.ru/leads/detail/"
	return []deals.Deal{
		{ID: 12, Name: "Office chairs, 40 pieces", URL: base + "12", Price: money.Of(185000), Currency: "RUB", Pipeline: "Sales",
			Status: "Negotiation", Color: "#ffcc66", State: deals.Open, Responsible: "Ivan Smirnov", CreatedAt: ago(20 * day),
			UpdatedAt: ago(3 * time.Hour), TaskAt: in(-2 * day), ContactIDs: []int64{7}},
		{ID: 13, Name: "Assembly and delivery to the second warehouse, including the removal of old furniture", URL: base + "13",
			Price: money.Of(12500), Currency: "RUB", Pipeline: "Service", Status: "First contact", Color: "#99ccff", State: deals.Open,
			Responsible: "Maria Kuznetsova", CreatedAt: ago(4 * day), UpdatedAt: ago(26 * time.Hour), TaskAt: in(3 * time.Hour)},
		{ID: 14, Name: "Trial order", URL: base + "14", Price: money.Of(0), Currency: "RUB", Pipeline: "Sales", Status: "Won",
			Color: "#ccff66", State: deals.Won, Responsible: "Ivan Smirnov", CreatedAt: ago(200 * day), UpdatedAt: ago(180 * day),
			ClosedAt: in(-180 * day)},
		{ID: 15, Name: "Meeting room table", URL: base + "15", Price: money.Of(64000), Currency: "RUB", Pipeline: "Sales", Status: "Lost",
			Color: "#d5d8db", State: deals.Lost, Responsible: "Ivan Smirnov", CreatedAt: ago(500 * day), UpdatedAt: ago(480 * day)},
	}
}

func sampleAnna() people.Person {
	return people.Person{
		ID: 7, Name: "Anna Petrova", URL: "https://example.amocrm.ru/contacts/detail/7", Position: "Head of purchasing",
		Company: "Chairs & Co", CompanyURL: "https://example.amocrm.ru/companies/detail/3", Responsible: "Ivan Smirnov",
		Phones: []string{"+7 (999) 123-45-67", "ext. 12"}, Emails: []string{"anna@example.com"}, Tags: []string{"wholesale", "VIP"},
		Matched: []people.Match{{Kind: people.MatchPhone, Value: "+7 (999) 123-45-67"}, {Kind: people.MatchEmail, Value: "anna@example.com"}},
		Deals:   sampleDeals(), UpdatedAt: ago(day),
	}
}

func sampleBoris() people.Person {
	return people.Person{
		ID: 8, Name: "Boris", URL: "https://example.amocrm.ru/contacts/detail/8", Responsible: "Maria Kuznetsova",
		Phones: []string{"+79991234567"}, Matched: []people.Match{{Kind: people.MatchPhone, Value: "+79991234567"}},
	}
}

// sixty is a client with very many deals.
func sixty() people.Person {
	p := sampleAnna()
	p.Deals = nil
	for i := range 60 {
		d := sampleDeals()[i%4]
		if i >= 20 {
			d.State, d.Status, d.TaskAt = deals.Lost, "Lost", nil
		} else {
			d.State = deals.Open
		}
		d.ID, d.Name = int64(1000+i), fmt.Sprintf("Order %d", i+1)
		p.Deals = append(p.Deals, d)
	}
	return p
}

func sampleCRM() *fakeCRM {
	sales := amoapi.Pipeline{ID: 1, Name: "Sales", IsMain: true, Statuses: []amoapi.Status{
		{ID: 10, Name: "Incoming", Type: amoapi.StatusTypeUnsorted, PipelineID: 1}, {ID: 11, Name: "First contact", PipelineID: 1},
		{ID: 12, Name: "Negotiation", PipelineID: 1}, {ID: amoapi.StatusWon, Name: "Won", PipelineID: 1}, {ID: amoapi.StatusLost, Name: "Lost", PipelineID: 1},
	}}
	service := amoapi.Pipeline{ID: 2, Name: "Service", Statuses: []amoapi.Status{{ID: 21, Name: "New request", PipelineID: 2}}}
	return &fakeCRM{
		people:       people.Found{Contacts: []people.Person{sampleAnna()}, At: ago(20 * time.Second)},
		fakeDealCard: fakeDealCard{tasks: sampleTasks(), results: map[int64]string{}},
		card: deals.Card{
			Inputs: map[int64][]string{1: {"2026-12-01"}, 2: {"1"}, 5: {"true"}, 35: nil},
			Deal:   sampleDeals()[0], At: now, Tags: []string{"urgent"},
			Fields: []fields.Shown{
				{ID: 1, Name: "Delivery date", Type: "date", Text: []string{"2026-12-01"}},
				{ID: 2, Name: "Source", Type: "select", Text: []string{"Website"}},
				{ID: 3, Name: "Brief", Type: "url", Text: []string{"https://example.com/brief"}, URL: "https://example.com/brief"},
				{ID: 4, Name: "Prepaid", Type: "monetary", Text: []string{"40000"}, Currency: "RUB"},
				{ID: 5, Name: "Contract signed", Type: "checkbox", Text: []string{"true"}},
				{ID: 40, Name: "Delivery address", Type: "smart_address", Text: []string{"1 Made-up Street", "London"}},
			},
			Outside:   []int64{40},
			Contacts:  []deals.Named{{ID: 7, Name: "Anna Petrova", URL: "https://example.amocrm.ru/contacts/detail/7", Main: true}},
			Companies: []deals.Named{{ID: 3, Name: "Chairs & Co", URL: "https://example.amocrm.ru/companies/detail/3"}},
		},
		feedItems: []feed.Item{
			{ID: "note-1", Kind: feed.KindComment, Author: "Ivan Smirnov", At: ago(40 * time.Minute), Text: "Asked for grey fabric.\nSends the plan tomorrow."},
			{ID: "note-2", Kind: feed.KindCall, Author: "Maria Kuznetsova", At: ago(5 * time.Hour), Key: "feed.call_in",
				Args: map[string]any{"phone": "+79991234567"}, Duration: 185, Link: "https://example.com/record.mp3"},
			{ID: "event-3", Kind: feed.KindStatus, Author: "Ivan Smirnov", At: ago(day), Key: "feed.status_changed",
				Args: map[string]any{"from": "First contact", "to": "Negotiation"}},
			{ID: "event-4", Kind: feed.KindPrice, At: ago(2 * day), Key: "feed.price_changed",
				Args: map[string]any{"from": 150000.0, "to": 185000.0, "currency": "RUB"}},
			{ID: "event-5", Kind: feed.KindCreated, At: ago(20 * day), Key: "feed.created"},
		},
		form: deals.Form{
			Pipelines: []amoapi.Pipeline{sales, service}, Currency: "RUB",
			Users: []amoapi.User{{ID: 1, Name: "Ivan Smirnov", IsActive: true}, {ID: 2, Name: "Maria Kuznetsova", IsActive: true}},
		},
		required: map[int64][]amoapi.Field{12: {
			{ID: 31, Name: "Delivery date", Type: "date"},
			{ID: 32, Name: "Source", Type: "select", Enums: []amoapi.Enum{{ID: 1, Value: "Website"}, {ID: 2, Value: "Call"}}},
			{ID: 33, Name: "Products", Type: "multiselect", Enums: []amoapi.Enum{{ID: 5, Value: "Chairs"}, {ID: 6, Value: "Tables"}}},
			{ID: 34, Name: "Contract signed", Type: "checkbox"},
			{ID: 35, Name: "Wishes", Type: "textarea"},
			{ID: 36, Name: "Invoice", Type: "file"},
		}},
	}
}
