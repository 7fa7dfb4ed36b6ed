package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

func TestTriggers_tenantIsChosenByIDOrHost(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	one := d.in.tenant
	if got, err := chosenTenant(ctx, d.dir, ""); err != nil || got.ID != one.ID {
		t.Errorf("the only one: %v, %v", got, err)
	}
	two := d.connected("https://two.amocrm.ru", "b")
	twin := d.connected("https://two.amocrm.ru", "c")
	fresh, err := d.dir.Open(ctx, tenant.Credential{AmoBase: "https://fresh.amocrm.ru", DeskToken: "d"}) // nobody has logged in
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{fresh.ID: fresh.ID, one.ID: one.ID, "ONE.amocrm.ru": one.ID, "https://one.amocrm.ru": one.ID, two.ID: two.ID, twin.ID: twin.ID} {
		if got, err := chosenTenant(ctx, d.dir, name); err != nil || got.ID != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{"": "say which", "two.amocrm.ru": "more than one", "three.amocrm.ru": "none is"} {
		if got, err := chosenTenant(ctx, d.dir, name); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), twin.ID) {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
}

// newer stores a tenant in a form that only a newer version knows.
func (d *desk) newer(id string) {
	d.t.Helper()
	if err := d.db.Set(d.t.Context(), store.Key(id, "tenant"), `{"v":99,"id":"`+id+`"}`, 0).Err(); err != nil {
		d.t.Fatal(err)
	}
}

func TestTenants_oneThatCanNotBeReadHidesNoOther(t *testing.T) {
	d := newDesk(t)
	ctx, one := t.Context(), d.in.tenant
	shut := d.connected("https://two.amocrm.ru", "b")
	d.newer(shut.ID)
	if got, err := chosenTenant(ctx, d.dir, "one.amocrm.ru"); err != nil || got.ID != one.ID {
		t.Errorf("the other, by its host: %v, %v", got, err)
	}
	if _, err := chosenTenant(ctx, d.dir, shut.ID); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("the one itself: %v", err)
	}
	err := new(tenantsListCmd).do(ctx, newTestOffice(t, d, ""))
	if err == nil || !strings.Contains(err.Error(), "1 tenants can't be read") || !strings.Contains(err.Error(), shut.ID) || !strings.Contains(d.out.String(), one.ID) {
		t.Errorf("the list: %v\n%s", err, &d.out)
	}
	var out bytes.Buffer
	x := accountCheck{doctor: &doctor{out: &out, each: time.Minute}, tenants: d.dir}
	x.grants = login.NewGrants(d.db, login.Config{Hosts: hosts(t)}, nil, slog.New(slog.DiscardHandler))
	x.limiter = func(string) amocrm.Limiter { return nil }
	x.everybody(ctx, []string{shut.ID, one.ID}, x.one)
	if said := out.String(); !strings.Contains(said, "newer version") || !strings.Contains(said, "one.amocrm.ru") || strings.Contains(said, "not looked at") {
		t.Errorf("the doctor:\n%s", said)
	}
}

func hosts(t *testing.T) *amocrm.Hosts {
	t.Helper()
	h, err := amocrm.NewHosts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTenants_messagesNameFewOfThousands(t *testing.T) {
	d := newDesk(t)
	for i := range 2 * choicesMost {
		d.connected("https://two.amocrm.ru", fmt.Sprint("token", i))
	}
	for _, name := range []string{"", "two.amocrm.ru", "three.amocrm.ru"} {
		_, err := chosenTenant(t.Context(), d.dir, name)
		if err == nil || strings.Count(err.Error(), "\n") > choicesMost+1 || !strings.Contains(err.Error(), "sidecard tenants list") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
