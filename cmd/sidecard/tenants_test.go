package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// newTestOffice is an office on the desk's Redis; what it prints is in the desk's out.
func newTestOffice(t *testing.T, d *desk, answer string) office {
	t.Helper()
	c := good()
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	s, err := assemble(c, d.db, telemetry.NewRegistry("test"), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.rest() })
	return newOffice(s, &d.out, strings.NewReader(answer), false)
}

func (d *desk) opened(base, token string) tenant.Tenant {
	d.t.Helper()
	t, err := d.dir.Open(d.t.Context(), tenant.Credential{AmoBase: base, DeskToken: token})
	if err != nil {
		d.t.Fatal(err)
	}
	return t
}

func TestTenants_adoptKeepsLinksAndSettings(t *testing.T) {
	d := newDesk(t)
	ctx, old := t.Context(), d.in.tenant
	if err := d.db.HSet(ctx, store.Key(old.ID, "links"), "55", "7").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.dir.Update(ctx, old.ID, func(t *tenant.Tenant) error { t.Settings.DealName = "kept"; return nil }); err != nil {
		t.Fatal(err)
	}
	fresh := d.connected("https://one.amocrm.ru", "changed")
	if err := d.db.HSet(ctx, store.Key(fresh.ID, "links"), "56", "8").Err(); err != nil {
		t.Fatal(err)
	}
	cmd := &tenantsAdoptCmd{From: fresh.ID}
	if err := cmd.do(ctx, newTestOffice(t, d, "no\n"), old); err == nil || d.opened("https://one.amocrm.ru", "changed").ID != fresh.ID {
		t.Errorf("adopted without consent: %v", err)
	}
	if err := cmd.do(ctx, newTestOffice(t, d, "yes\n"), old); err != nil {
		t.Fatal(err)
	}
	got := d.opened("https://one.amocrm.ru", "changed")
	if got.ID != old.ID || got.Settings.DealName != "kept" || got.TriggerKey != old.TriggerKey || got.DeskToken != "changed" {
		t.Errorf("the changed token opens %+v", struct{ tenant.Tenant }{got})
	}
	if links := d.db.HGetAll(ctx, store.Key(old.ID, "links")).Val(); len(links) != 1 || links["55"] != "7" {
		t.Errorf("the links are %v", links)
	}
	if d.opened("https://one.amocrm.ru", "a").ID == old.ID {
		t.Error("the old token still opens the tenant")
	}
	if err := d.db.Walk(ctx, "*{"+fresh.ID+"}*", func(keys []string) error { t.Errorf("left of the other: %v", keys); return nil }); err != nil {
		t.Fatal(err)
	}
}

// A login that was lost before the account was renamed can't follow it: whoever logs in at the new address connects a second
// tenant of the same account.
func TestTenants_adoptJoinsARenamedAccountWhoseLoginWasLost(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	fresh := d.connected("https://renamed.amocrm.ru", "a")
	old, err := d.dir.Get(ctx, d.in.tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	cmd := &tenantsAdoptCmd{From: fresh.ID, Yes: true}
	office := newTestOffice(t, d, "")
	living, err := json.Marshal(oauth.Grant{V: 1, Base: old.AmoBase, Access: "living", AccountID: 1})
	if err != nil {
		t.Fatal(err)
	}
	key := store.Key(old.ID, "grant")
	if err := d.db.HSet(ctx, key, "gen", 1, "grant", d.db.Ring().Seal(living, key+"#1")).Err(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.do(ctx, office, old); err == nil || !strings.Contains(err.Error(), "belongs to renamed.amocrm.ru") {
		t.Errorf("while the login lives: %v", err)
	}
	if err := office.service.Grants.Drop(ctx, old.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.do(ctx, office, old); err != nil {
		t.Fatal(err)
	}
	got := d.opened("https://renamed.amocrm.ru", "a")
	if got.ID != old.ID || got.AmoBase != "https://renamed.amocrm.ru" || got.TriggerKey != old.TriggerKey {
		t.Errorf("the new address opens %+v", struct{ tenant.Tenant }{got})
	}
}

func TestTenants_adoptRefuses(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	waiting := d.connected("https://one.amocrm.ru", "waiting")
	if _, _, err := jobs.NewLedger(d.db, 0).Accept(ctx, waiting.ID, jobs.Offer{Request: request.Request{TicketID: 1}}); err != nil {
		t.Fatal(err)
	}
	earlier := d.connected("https://three.amocrm.ru", "a")
	if err := d.dir.Connected(ctx, d.in.tenant.ID, "integration", 1, "One"); err != nil {
		t.Fatal(err)
	}
	into, err := d.dir.Get(ctx, d.in.tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	foreign := d.opened("https://one.amocrm.ru", "foreign")
	if err := d.dir.Connected(ctx, foreign.ID, "integration", 2, "Two"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, want string }{
		"itself":          {d.in.tenant.ID, "the tenant itself"},
		"unknown":         {"nobody", "not found"},
		"another host":    {d.connectedAs(2, "https://two.amocrm.ru", "a").ID, "belongs to two.amocrm.ru"},
		"not the newer":   {earlier.ID, "belongs to three.amocrm.ru"},
		"another account": {foreign.ID, "account 2"},
		"waiting firings": {waiting.ID, "1 of its runs"},
	} {
		t.Run(name, func(t *testing.T) {
			err := (&tenantsAdoptCmd{From: c.from, Yes: true}).do(ctx, newTestOffice(t, d, ""), into)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestTenants_eraseSaysHowManyFiringsAreNotDone(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	waiting := d.connected("https://one.amocrm.ru", "waiting")
	for ticket := range int64(3) {
		if _, _, err := jobs.NewLedger(d.db, 0).Accept(ctx, waiting.ID, jobs.Offer{Request: request.Request{TicketID: ticket + 1}}); err != nil {
			t.Fatal(err)
		}
	}
	for want, cmd := range map[string]*tenantsEraseCmd{
		"3 of them are not done":     {},
		"2 of the runs are not done": {person: person{Client: 55, Ticket: []int64{1, 2}}},
	} {
		d.out.Reset()
		if err := cmd.do(ctx, newTestOffice(t, d, "no\n"), waiting); err == nil || !strings.Contains(d.out.String(), want) {
			t.Errorf("asked %q, %v; want %q", &d.out, err, want)
		}
	}
}

func TestTenants_exportOfATenantHoldsNoSecret(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.failed(101, jobs.Steps{ClientID: 55})
	_, err := d.dir.Update(ctx, d.in.tenant.ID, func(t *tenant.Tenant) error {
		t.DeskToken = "desk-secret"
		n := notify.Settings{Emails: []string{"a@example.com"}, ChatID: "12", BotToken: "bot-secret", WebhookURL: "https://hooks.example.com/path-secret", WebhookSecret: "sign-secret"}
		return n.Choose(t)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.db.HSet(ctx, store.Key(d.in.tenant.ID, "links"), "55", "7").Err(); err != nil {
		t.Fatal(err)
	}
	if err := (&tenantsExportCmd{}).do(ctx, newTestOffice(t, d, ""), d.in.tenant); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tenant  privacy.Summary
		Firings []jobs.Job
		Other   map[string]any
	}
	if err := json.Unmarshal(d.out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Firings) != 1 || got.Firings[0].Request.Fields.Name != "Chairs" || got.Other["links"] == nil || got.Tenant.Notices["webhook_host"] != "hooks.example.com" {
		t.Errorf("exported:\n%s", d.out.String())
	}
	for _, secret := range []string{"-secret", "sk_", "v1."} {
		if bytes.Contains(d.out.Bytes(), []byte(secret)) {
			t.Errorf("%q is in the export:\n%s", secret, d.out.String())
		}
	}
}
