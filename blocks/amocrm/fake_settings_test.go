package amocrm

import (
	"context"
	"strconv"
	"sync"

	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/tenant"
)

// keptSettings are what the tenant has stored, shared by the fake directory and the fake account.
type keptSettings struct {
	mu        sync.Mutex
	settings  tenant.Settings
	notices   notify.Settings
	keys      int // made after the first
	updates   int
	updateErr error
}

func (k *keptSettings) chosen() tenant.Settings {
	if k == nil {
		return tenant.Settings{}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.settings
}

func (k *keptSettings) told() notify.Settings {
	if k == nil {
		return notify.Settings{}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.notices
}

// Update changes the settings that the fake account shows from then on.
func (k *keptSettings) Update(_ context.Context, _ string, change func(*tenant.Tenant) error) (tenant.Tenant, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.updateErr != nil {
		return tenant.Tenant{}, k.updateErr
	}
	t := tenant.Tenant{ID: "t1", Settings: k.settings}
	if err := k.notices.Choose(&t); err != nil {
		return t, err
	}
	err := change(&t)
	k.settings, k.notices = t.Settings, notify.Of(t)
	k.updates++
	return t, err
}

// NewTriggerKey counts; the key's text is in keyed.
func (k *keptSettings) NewTriggerKey(context.Context, string) (tenant.Tenant, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.updateErr != nil {
		return tenant.Tenant{}, k.updateErr
	}
	k.keys++
	return tenant.Tenant{ID: "t1"}, nil
}

// keyed gives t the trigger keys that it has by now.
func (k *keptSettings) keyed(t tenant.Tenant) tenant.Tenant {
	if k == nil {
		return t
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	t.TriggerKey = "sk_example"
	if k.keys > 0 {
		t.TriggerKey = "sk_example-" + strconv.Itoa(k.keys+1)
		t.OldTriggerKey, t.OldTriggerEnd = "sk_former", now.Add(tenant.OldTriggerLife)
	}
	return t
}

func (f *fakeFlow) StartDisconnect(context.Context, string, string, string) (login.Start, error) {
	return f.start, f.err
}

// fakeSettings is what the settings pages ask of the fake account.
type fakeSettings struct {
	kept   *keptSettings
	meta   *crm.Meta // instead of an account without fields
	mapped map[string]map[int64][]string
	mapErr error
}

func (f *fakeSettings) vocabulary(plain crm.Meta) crm.Meta {
	if f.meta != nil {
		return *f.meta
	}
	return plain
}

// LayoutMeta is the whole vocabulary, or why it can't be read.
func (f *fakeCRM) LayoutMeta(ctx context.Context) (crm.Meta, error) { return f.Meta(ctx) }

// Mapped gives what the test has set.
func (f *fakeSettings) Mapped(_ context.Context, entity string, _ helpdesk.Ticket) (map[int64][]string, error) {
	return f.mapped[entity], f.mapErr
}

// sampleMeta is an account with fields of many types.
func sampleMeta() *crm.Meta {
	form := sampleCRM().form
	return &crm.Meta{
		Account:   amoapi.Account{Country: "RU", Currency: "RUB", Timezone: "Europe/Moscow"},
		Pipelines: form.Pipelines, Users: form.Users,
		LeadFields: []amoapi.Field{
			{ID: 1, Name: "Delivery date", Type: "date"},
			{ID: 2, Name: "Source", Type: "select", Enums: []amoapi.Enum{{ID: 1, Value: "Website"}, {ID: 2, Value: "email"}}},
			{ID: 3, Name: "Brief", Type: "url"},
			{ID: 4, Name: "Prepaid", Type: "monetary", Currency: "USD"},
			{ID: 5, Name: "Contract signed", Type: "checkbox"},
			{ID: 6, Name: "Ticket number", Type: "numeric"},
		},
		ContactFields: []amoapi.Field{
			{ID: 50, Name: "Phone", Code: "PHONE", Type: "multitext"},
			{ID: 51, Name: "Firm as written", Type: "text"},
		},
	}
}
