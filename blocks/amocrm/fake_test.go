package amocrm

import (
	"context"
	"sync"
	"time"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// now is the present of all tests.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// fakeCRM answers with what it holds. The function members, where set, replace an answer.
type fakeCRM struct {
	fakeDeals
	fakeDealCard
	fakeSettings
	fakeNumbers
	mu         sync.Mutex
	people     people.Found
	peopleErr  error
	found      []people.Person
	foundDeals []deals.Deal
	duplicates []people.Person
	card       deals.Card
	cardErr    error
	feedErr    error
	feedItems  []feed.Item
	form       deals.Form
	required   map[int64][]amoapi.Field // by stage
	onPeople   func(ctx context.Context) (people.Found, error)
	onCreate   func(ctx context.Context) (int64, error)
	onComment  func(ctx context.Context) (int64, error)
	onContact  func(people.Draft) (int64, error)
	linkErr    error

	calls   []string
	deals   []deals.Draft
	made    []people.Draft
	arrived string // a comment that was lost and is there now
	lookErr error
	posted  []string
	linked  []int64
	metaErr error
}

func (f *fakeCRM) called(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
}

func (f *fakeCRM) count(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if c == name {
			n++
		}
	}
	return n
}

func (f *fakeCRM) Tenant() tenant.Tenant {
	t := tenant.Tenant{ID: "t1", AmoBase: "https://example.amocrm.ru", Settings: f.kept.chosen()}
	if err := f.kept.told().Choose(&t); err != nil {
		panic(err)
	}
	return f.kept.keyed(t)
}

func (f *fakeCRM) Locale(context.Context) (country, timezone string, err error) {
	m, err := f.Meta(context.Background())
	return m.Account.Country, m.Account.Timezone, err
}

func (f *fakeCRM) Meta(context.Context) (crm.Meta, error) {
	return f.vocabulary(crm.Meta{Account: amoapi.Account{Country: "RU", Currency: "RUB", Timezone: "Europe/Moscow"}}), f.metaErr
}

func (f *fakeCRM) People(ctx context.Context, _ helpdesk.Client) (people.Found, error) {
	f.called("people")
	if f.onPeople != nil {
		return f.onPeople(ctx)
	}
	return f.people, f.peopleErr
}

func (f *fakeCRM) Search(context.Context, string) ([]people.Person, error) {
	f.called("search")
	return f.found, nil
}

func (f *fakeCRM) SearchDeals(context.Context, string) ([]deals.Deal, error) {
	return f.foundDeals, nil
}

func (f *fakeCRM) Duplicates(context.Context, people.Draft) ([]people.Person, error) {
	return f.duplicates, nil
}

func (f *fakeCRM) Link(_ context.Context, _, contactID int64) error {
	f.called("link")
	f.linked = append(f.linked, contactID)
	return f.linkErr
}

func (f *fakeCRM) Unlink(context.Context, int64) error {
	f.called("unlink")
	return nil
}

func (f *fakeCRM) Deal(_ context.Context, id int64) (deals.Card, error) {
	f.called("deal")
	if id != f.card.ID {
		return deals.Card{}, crm.ErrGone
	}
	return f.card, f.cardErr
}

func (f *fakeCRM) Feed(context.Context, int64) (feed.Feed, error) {
	f.called("feed")
	return feed.Feed{Items: f.feedItems, At: now, Older: f.feedPlace}, f.feedErr
}

func (f *fakeCRM) Comment(ctx context.Context, _ int64, text string, sure bool) (int64, error) {
	f.called("comment")
	if sure {
		f.called("comment again")
	}
	f.mu.Lock()
	f.posted = append(f.posted, text)
	f.mu.Unlock()
	if f.onComment != nil {
		return f.onComment(ctx)
	}
	return 900, nil
}

func (f *fakeCRM) FindComment(_ context.Context, _ int64, text string) (int64, error) {
	f.called("find comment")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.arrived == text {
		return 900, nil
	}
	return 0, f.lookErr
}

func (f *fakeCRM) ContactForm(_ context.Context, c helpdesk.Client) people.Draft {
	return people.Draft{Name: c.Name, Phones: c.Phones, Emails: c.Emails, Company: c.Company}
}

func (f *fakeCRM) CreateContact(_ context.Context, _ int64, d people.Draft) (int64, error) {
	f.called("create contact")
	f.mu.Lock()
	f.made = append(f.made, d)
	f.mu.Unlock()
	if f.onContact != nil {
		return f.onContact(d)
	}
	return 77, nil
}

func (f *fakeCRM) DealForm(_ context.Context, ticket helpdesk.Ticket) (deals.Form, error) {
	form := f.form
	form.Draft.Name = ticket.Subject
	return form, nil
}

func (f *fakeCRM) Required(_ context.Context, _, statusID int64) ([]amoapi.Field, error) {
	return f.required[statusID], nil
}

func (f *fakeCRM) CreateDeal(ctx context.Context, _ int64, d deals.Draft) (int64, error) {
	f.called("create deal")
	f.mu.Lock()
	f.deals = append(f.deals, d)
	f.mu.Unlock()
	if f.onCreate != nil {
		return f.onCreate(ctx)
	}
	if _, err := fakePrice(d.Price, d.Lang); err != nil {
		return 0, err
	}
	return 501, nil
}

func (f *fakeCRM) ForgetData(context.Context) error {
	f.called("forget")
	return nil
}

type fakeTenants struct {
	keptSettings
	err      error
	last     tenant.Credential
	stranger bool // every company is a new one
}

func (f *fakeTenants) FindOrCreate(_ context.Context, c tenant.Credential, allow func() error) (tenant.Tenant, error) {
	f.last = c
	if c.DeskToken == "" && c.Secret == "" {
		return tenant.Tenant{}, tenant.ErrNoCredential
	}
	if f.stranger {
		if err := allow(); err != nil {
			return tenant.Tenant{}, err
		}
	}
	return tenant.Tenant{ID: "t1"}, f.err
}

type fakeGrants struct {
	mu     sync.Mutex
	status oauth.Status
}

func (f *fakeGrants) set(state string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.State = state
}

func (f *fakeGrants) Status(context.Context, string) (oauth.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status, nil
}

type fakeFlow struct {
	start     login.Start
	result    login.Result
	err       error
	callback  login.Callback
	replace   bool
	secretErr error
}

func (f *fakeFlow) Start(context.Context, string, string, string) (login.Start, error) {
	return f.start, f.err
}
func (f *fakeFlow) Secrets(context.Context, string, string, string) error { return f.secretErr }
func (f *fakeFlow) Finish(_ context.Context, c login.Callback) (login.Result, error) {
	f.callback = c
	return f.result, f.err
}
func (f *fakeFlow) Decide(_ context.Context, _ string, replace bool) (login.Result, error) {
	f.replace = replace
	return f.result, f.err
}
func (f *fakeFlow) Disconnected(context.Context, string, string, string) error { return f.err }
