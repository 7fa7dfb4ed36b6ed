package tenant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"

	"github.com/sidecard/sidecard/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const base = "https://example.amocrm.ru"

func setup(t *testing.T) (*Directory, *miniredis.Miniredis) {
	t.Helper()
	server := miniredis.RunT(t)
	ring, _ := store.NewRing()
	return on(t, server, ring), server
}

func on(t *testing.T, server *miniredis.Miniredis, ring *store.Ring) *Directory {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + server.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return NewDirectory(db)
}

func open(t *testing.T, d *Directory, c Credential) Tenant {
	t.Helper()
	got, err := d.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func connect(t *testing.T, d *Directory, id string) {
	t.Helper()
	if err := d.Connected(t.Context(), id, "integration-1", 31, "Example"); err != nil {
		t.Fatal(err)
	}
}

func TestUpdate_concurrentChangesAllCount(t *testing.T) {
	d, _ := setup(t)
	id := open(t, d, Credential{AmoBase: base, DeskToken: "a"}).ID
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			_, err := d.Update(t.Context(), id, func(t *Tenant) error {
				t.AccountID++
				t.ID, t.CreatedAt = "other", time.Time{}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	got, err := d.Get(t.Context(), id)
	if err != nil || got.AccountID != 20 || got.ID != id || got.CreatedAt.IsZero() {
		t.Errorf("%d changes, id %s, %v", got.AccountID, got.ID, err)
	}
}

func TestUpdate_errorsLeaveTheTenantAsItWas(t *testing.T) {
	d, _ := setup(t)
	id := open(t, d, Credential{AmoBase: base, DeskToken: "a"}).ID
	no := errors.New("no")
	if _, err := d.Update(t.Context(), id, func(t *Tenant) error { t.AccountID = 9; return no }); !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
	if got, err := d.Get(t.Context(), id); err != nil || got.AccountID != 0 {
		t.Errorf("%d, %v", got.AccountID, err)
	}
	if _, err := d.Update(t.Context(), "nobody", func(*Tenant) error { return nil }); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown id: %v", err)
	}
}

func TestUpdate_newTriggerKeyReplacesTheOld(t *testing.T) {
	d, _ := setup(t)
	before := open(t, d, Credential{AmoBase: base, DeskToken: "a"})
	after, err := d.Update(t.Context(), before.ID, func(t *Tenant) error { t.TriggerKey = newTriggerKey(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.ByTriggerKey(t.Context(), before.TriggerKey); !errors.Is(err, ErrNotFound) {
		t.Errorf("the old key: %v", err)
	}
	if got, err := d.ByTriggerKey(t.Context(), after.TriggerKey); err != nil || got.ID != before.ID {
		t.Errorf("the new key: %v, %v", got, err)
	}
}

func TestByTriggerKey_unknownKeys(t *testing.T) {
	d, _ := setup(t)
	key := open(t, d, Credential{AmoBase: base, DeskToken: "a"}).TriggerKey
	for _, wrong := range []string{"", "sk_", key[:len(key)-1], key + "a", strings.ToUpper(key)} {
		if _, err := d.ByTriggerKey(t.Context(), wrong); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestConnected_listsByAccountIntegrationAndAll(t *testing.T) {
	d, _ := setup(t)
	ctx := t.Context()
	a := open(t, d, Credential{AmoBase: base, DeskToken: "a"}).ID
	b := open(t, d, Credential{AmoBase: base, DeskToken: "b"}).ID
	open(t, d, Credential{AmoBase: base, DeskToken: "never connected"})
	connect(t, d, a)
	connect(t, d, b)
	if err := d.Connected(ctx, b, "integration-2", 31, "Renamed"); err != nil { // a later login through another integration
		t.Fatal(err)
	}
	var all []string
	if err := d.Each(ctx, func(id string) error { all = append(all, id); return nil }); err != nil {
		t.Fatal(err)
	}
	account, err1 := d.ByAccount(ctx, base)
	one, err2 := d.ByIntegration(ctx, "integration-1")
	two, err3 := d.ByIntegration(ctx, "integration-2")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want []string }{
		"each": {all, []string{a, b}}, "account": {account, []string{a, b}}, "integration-1": {one, []string{a}}, "integration-2": {two, []string{b}},
	} {
		slices.Sort(c.got)
		slices.Sort(c.want)
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if got, err := d.Get(ctx, b); err != nil || got.AccountName != "Renamed" || got.AccountID != 31 || got.ConnectedAt.IsZero() {
		t.Errorf("%+v, %v", struct{ Tenant }{got}, err)
	}
	if err := d.Connected(ctx, "nobody", "integration-1", 31, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown id: %v", err)
	}
}

func TestEach_stopsAtAnErrorAndVisitsAllOfMany(t *testing.T) {
	d, _ := setup(t)
	for i := range 1200 {
		if err := d.db.SAdd(t.Context(), store.Shared(everyone), fmt.Sprint("t", i)).Err(); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	if err := d.Each(t.Context(), func(id string) error { seen[id] = true; return nil }); err != nil || len(seen) != 1200 {
		t.Errorf("%d of 1200, %v", len(seen), err)
	}
	stop, calls := errors.New("stop"), 0
	if err := d.Each(t.Context(), func(string) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestAdopt_newCredentialOpensTheOldTenant(t *testing.T) {
	d, server := setup(t)
	ctx := t.Context()
	old := open(t, d, Credential{AmoBase: base, DeskToken: "old", DeskBase: "https://old.example.com"})
	connect(t, d, old.ID)
	if _, err := d.Update(ctx, old.ID, func(t *Tenant) error { t.Settings.Region = "KZ"; return nil }); err != nil {
		t.Fatal(err)
	}
	fresh := open(t, d, Credential{AmoBase: base, DeskToken: "new", DeskBase: "https://new.example.com"})
	if err := d.Adopt(ctx, fresh.ID, old.ID); err != nil {
		t.Fatal(err)
	}
	got := open(t, d, Credential{AmoBase: base, DeskToken: "new", DeskBase: "https://new.example.com"})
	if got.ID != old.ID || got.Settings.Region != "KZ" || got.TriggerKey != old.TriggerKey || got.DeskToken != "new" || got.DeskBase != "https://new.example.com" {
		t.Errorf("%+v, token %q", struct{ Tenant }{got}, got.DeskToken)
	}
	if _, err := d.Get(ctx, fresh.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the fresh one: %v", err)
	}
	if _, err := d.ByTriggerKey(ctx, fresh.TriggerKey); !errors.Is(err, ErrNotFound) {
		t.Errorf("the fresh one's trigger key: %v", err)
	}
	if got := open(t, d, Credential{AmoBase: base, DeskToken: "old"}); got.ID == old.ID {
		t.Error("the old credential still opens the tenant")
	}
	server.FastForward(2 * unseen)
	if got := open(t, d, Credential{AmoBase: base, DeskToken: "new"}); got.ID != old.ID {
		t.Error("the new credential expires")
	}
}

func TestAdopt_refusesAnotherAccount(t *testing.T) {
	d, _ := setup(t)
	old := open(t, d, Credential{AmoBase: base, DeskToken: "old"})
	other := open(t, d, Credential{AmoBase: "https://other.amocrm.ru", DeskToken: "new"})
	if err := d.Adopt(t.Context(), other.ID, old.ID); err == nil {
		t.Error("a credential of another amoCRM account was let in")
	}
	if err := d.Adopt(t.Context(), "nobody", old.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown id: %v", err)
	}
	if got := open(t, d, Credential{AmoBase: base, DeskToken: "old"}); got.ID != old.ID {
		t.Error("the refused adoption has changed the tenant")
	}
}

func TestDirectory_noSecretLiesInRedisInClear(t *testing.T) {
	d, server := setup(t)
	a := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token-0001", Secret: "block-secret-0001"})
	b := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token-0002"})
	connect(t, d, a.ID)
	if err := d.Adopt(t.Context(), b.ID, a.ID); err != nil {
		t.Fatal(err)
	}
	dump := server.Dump() + strings.Join(server.Keys(), "\n")
	for _, key := range server.Keys() { // Dump cuts long values
		if value, err := server.Get(key); err == nil {
			dump += value
		}
	}
	for _, secret := range []string{"desk-token-0001", "desk-token-0002", "block-secret-0001", a.TriggerKey, b.TriggerKey} {
		if strings.Contains(dump, secret) {
			t.Errorf("%s lies in Redis in clear", secret)
		}
	}
	for _, text := range []string{fmt.Sprint(a), fmt.Sprintf("%+v %#v %s", a, a, a)} {
		if strings.Contains(text, "desk-token") || strings.Contains(text, "sk_") {
			t.Errorf("printed: %s", text)
		}
	}
}

func TestGet_recordOfANewerVersion(t *testing.T) {
	d, server := setup(t)
	id := open(t, d, Credential{AmoBase: base, DeskToken: "a"}).ID
	raw, err := server.Get(recordKey(id))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Set(recordKey(id), strings.Replace(raw, `"v":1`, `"v":2`, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), id); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("%v", err)
	}
}

// Two versions side by side: what the newer one has added to a record survives a write of the older one.
func TestUpdate_keepsFieldsOfANewerVersion(t *testing.T) {
	d, server := setup(t)
	id := open(t, d, Credential{AmoBase: base, DeskToken: "desk-1"}).ID
	raw, err := server.Get(recordKey(id))
	if err != nil {
		t.Fatal(err)
	}
	raw = strings.Replace(raw, `"settings":{`, `"added":{"deep":[1,2]},"settings":{"added":"yes"`, 1)
	raw = strings.Replace(raw, `"added":"yes""`, `"added":"yes","`, 1) // where settings had fields already
	if err := server.Set(recordKey(id), raw); err != nil {
		t.Fatal(err)
	}
	connect(t, d, id)
	after, err := server.Get(recordKey(id))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"added":{"deep":[1,2]}`, `"added":"yes"`, `"account_id":31`} {
		if !strings.Contains(after, want) {
			t.Errorf("%s is missing in %s", want, after)
		}
	}
}
