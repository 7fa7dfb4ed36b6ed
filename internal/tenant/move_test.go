package tenant

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/internal/store"
)

const renamed = "https://renamed.amocrm.ru"

func move(t *testing.T, d *Directory, id, to string) {
	t.Helper()
	if err := d.Move(t.Context(), id, to); err != nil {
		t.Fatal(err)
	}
}

func TestPresent_followsEveryRenaming(t *testing.T) {
	was := Tenant{AmoBase: "https://c.kommo.com", Former: []string{"https://a.amocrm.ru", "https://b.amocrm.ru"}}
	for given, want := range map[string]string{
		"https://a.amocrm.ru/leads/detail/5":   "https://c.kommo.com/leads/detail/5",
		"https://b.amocrm.ru/leads/detail/5":   "https://c.kommo.com/leads/detail/5",
		"https://c.kommo.com/leads/detail/5":   "https://c.kommo.com/leads/detail/5",
		"https://a.amocrm.ru.example.com/x":    "https://a.amocrm.ru.example.com/x",
		"https://other.amocrm.ru/leads/detail": "https://other.amocrm.ru/leads/detail",
		"":                                     "",
	} {
		if got := was.Present(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestMove_bothAddressesOpenTheTenant(t *testing.T) {
	for kind, c := range map[string]Credential{"token": {AmoBase: base, DeskToken: "desk"}, "secret": {AmoBase: base, Secret: "s", DeskToken: "desk"},
		"secret only": {AmoBase: base, Secret: "s"}} {
		t.Run(kind, func(t *testing.T) {
			d, server := setup(t)
			was := open(t, d, c)
			connect(t, d, was.ID)
			if _, err := d.Update(t.Context(), was.ID, func(t *Tenant) error { t.Settings.Region = "KZ"; return nil }); err != nil {
				t.Fatal(err)
			}
			move(t, d, was.ID, renamed)
			move(t, d, was.ID, renamed) // repeated after an error
			young := c
			young.AmoBase = renamed
			for range 2 {
				for _, given := range []Credential{c, young} {
					got := open(t, d, given)
					if got.ID != was.ID || got.AmoBase != renamed || got.Settings.Region != "KZ" || got.TriggerKey != was.TriggerKey {
						t.Errorf("%s opens %s at %s with %+v", given.AmoBase, got.ID, got.AmoBase, got.Settings)
					}
				}
				server.FastForward(2 * unseen) // neither name expires
			}
			if got, err := d.ByTriggerKey(t.Context(), was.TriggerKey); err != nil || got.ID != was.ID {
				t.Errorf("the rule key opens %q, %v", got.ID, err)
			}
			old, err1 := d.ByAccount(t.Context(), base)
			now, err2 := d.ByAccount(t.Context(), renamed)
			if err := errors.Join(err1, err2); err != nil || len(old) != 0 || !slices.Equal(now, []string{was.ID}) {
				t.Errorf("listed at the old address %v, at the new one %v, %v", old, now, err)
			}
			move(t, d, was.ID, base) // the old name is taken back
			for _, given := range []Credential{c, young} {
				if got := open(t, d, given); got.ID != was.ID || got.AmoBase != base {
					t.Errorf("after the way back %s opens %s at %s", given.AmoBase, got.ID, got.AmoBase)
				}
			}
		})
	}
}

func TestMove_severalTimesWithoutASighting(t *testing.T) {
	d, _ := setup(t)
	was := open(t, d, Credential{AmoBase: base, Secret: "s"})
	connect(t, d, was.ID)
	move(t, d, was.ID, renamed)
	move(t, d, was.ID, "https://third.amocrm.ru")
	for _, address := range []string{"https://third.amocrm.ru", base} {
		if got := open(t, d, Credential{AmoBase: address, Secret: "s"}); got.ID != was.ID {
			t.Errorf("%s opens %s", address, got.ID)
		}
	}
	// In between nobody has ever opened a block there, and the account is not there any more.
	if got := open(t, d, Credential{AmoBase: renamed, Secret: "s"}); got.ID == was.ID {
		t.Error("an address at which the credential was never seen opens the tenant")
	}
}

// The block was edited before the first request found out about the renaming.
func TestMove_unconnectedTenantOfTheNewAddressGivesWay(t *testing.T) {
	for kind, c := range map[string]Credential{"token": {AmoBase: base, DeskToken: "desk"}, "secret": {AmoBase: base, Secret: "s"}} {
		t.Run(kind, func(t *testing.T) {
			d, server := setup(t)
			was := open(t, d, c)
			connect(t, d, was.ID)
			young := c
			young.AmoBase = renamed
			early := open(t, d, young)
			if early.ID == was.ID {
				t.Fatal("the new address opens the tenant before it is known to be the account's")
			}
			move(t, d, was.ID, renamed)
			for range 2 {
				if got := open(t, d, young); got.ID != was.ID || got.AmoBase != renamed {
					t.Fatalf("the new address opens %s, want %s", got.ID, was.ID)
				}
			}
			if got, err := d.ByTriggerKey(t.Context(), early.TriggerKey); err != nil || got.ID != early.ID {
				t.Errorf("the early tenant's rule key opens %q, %v; it must work as long as that tenant lives", got.ID, err)
			}
			server.FastForward(unseen + time.Hour)
			if _, err := d.Get(t.Context(), early.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("the early tenant stays: %v", err)
			}
			if got := open(t, d, young); got.ID != was.ID {
				t.Errorf("then the new address opens %s", got.ID)
			}
		})
	}
}

func TestMove_connectedTenantOfTheNewAddressStays(t *testing.T) {
	d, _ := setup(t)
	was := open(t, d, Credential{AmoBase: base, DeskToken: "desk"})
	connect(t, d, was.ID)
	own := open(t, d, Credential{AmoBase: renamed, DeskToken: "desk"})
	connect(t, d, own.ID)
	move(t, d, was.ID, renamed)
	if got := open(t, d, Credential{AmoBase: renamed, DeskToken: "desk"}); got.ID != own.ID {
		t.Errorf("the new address opens %s, somebody has connected %s there", got.ID, own.ID)
	}
	if got := open(t, d, Credential{AmoBase: base, DeskToken: "desk"}); got.ID != was.ID {
		t.Errorf("the old address opens %s, want %s", got.ID, was.ID)
	}
}

func TestMove_strangersAndWhoTakesTheFreedAddressGetNothing(t *testing.T) {
	d, _ := setup(t)
	was := open(t, d, Credential{AmoBase: base, DeskToken: "desk"})
	connect(t, d, was.ID)
	move(t, d, was.ID, renamed)
	for _, c := range []Credential{
		{AmoBase: base, DeskToken: "other"}, {AmoBase: renamed, DeskToken: "other"}, {AmoBase: base, Secret: "desk"}, {AmoBase: renamed, Secret: "desk"},
		{AmoBase: base, Secret: "other", DeskToken: "desk"}, {AmoBase: "https://third.amocrm.ru", DeskToken: "desk"},
	} {
		if got := open(t, d, c); got.ID == was.ID || !got.ConnectedAt.IsZero() || got.AmoBase != c.AmoBase {
			t.Errorf("%+v opens %s at %s", c, got.ID, got.AmoBase)
		}
	}
	// Another account takes the freed address and is renamed as well.
	next := open(t, d, Credential{AmoBase: base, DeskToken: "other"})
	connect(t, d, next.ID)
	if ids, err := d.ByAccount(t.Context(), base); err != nil || !slices.Equal(ids, []string{next.ID}) {
		t.Errorf("tenants of the freed address: %v, %v", ids, err)
	}
	move(t, d, next.ID, "https://fourth.amocrm.ru")
	for _, c := range []Credential{{AmoBase: "https://fourth.amocrm.ru", DeskToken: "desk"}, {AmoBase: renamed, DeskToken: "other"}} {
		if got := open(t, d, c); got.ID == was.ID || got.ID == next.ID {
			t.Errorf("%+v opens a tenant of the other account", c)
		}
	}
}

func TestMove_unknownTenant(t *testing.T) {
	d, server := setup(t)
	if err := d.Move(t.Context(), "nobody", renamed); !errors.Is(err, ErrNotFound) || len(server.Keys()) != 0 {
		t.Errorf("%v, stored %v", err, server.Keys())
	}
}

func TestMove_credentialThatWasReplacedOpensNothingAtTheNewAddress(t *testing.T) {
	d, _ := setup(t)
	was := open(t, d, Credential{AmoBase: base, DeskToken: "old"})
	connect(t, d, was.ID)
	move(t, d, was.ID, renamed)
	fresh := open(t, d, Credential{AmoBase: renamed, DeskToken: "new"})
	if err := d.Adopt(t.Context(), fresh.ID, was.ID); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{base, renamed} {
		if got := open(t, d, Credential{AmoBase: address, DeskToken: "old"}); got.ID == was.ID {
			t.Errorf("the replaced credential still opens the tenant at %s", address)
		}
	}
	if got := open(t, d, Credential{AmoBase: renamed, DeskToken: "new"}); got.ID != was.ID {
		t.Errorf("the new credential opens %s", got.ID)
	}
}

func TestReindex_keepsTheFormerAddress(t *testing.T) {
	for name, seenAtTheNew := range map[string]bool{"block not edited yet": false, "both addresses in use": true} {
		t.Run(name, func(t *testing.T) {
			server := miniredis.RunT(t)
			oldRing, oldSpec := store.NewRing()
			youngRing, youngSpec := store.NewRing()
			bothRing, err := store.ParseRing(youngSpec + "," + oldSpec)
			if err != nil {
				t.Fatal(err)
			}
			old, both, young := on(t, server, oldRing), on(t, server, bothRing), on(t, server, youngRing)
			c := Credential{AmoBase: base, DeskToken: "desk"}
			was := open(t, old, c)
			connect(t, old, was.ID)
			move(t, old, was.ID, renamed)
			if seenAtTheNew {
				open(t, old, Credential{AmoBase: renamed, DeskToken: "desk"})
			}
			if got := reindex(t, both, was.ID, true); !got.Changed || !got.Lacking || got.Unseen {
				t.Errorf("first run: %+v", got)
			}
			if got := reindex(t, both, was.ID, true); got != (Reindexed{}) {
				t.Errorf("second run: %+v", got)
			}
			for _, address := range []string{base, renamed} {
				if got := open(t, young, Credential{AmoBase: address, DeskToken: "desk"}); got.ID != was.ID {
					t.Errorf("without the old key %s opens %s, want %s", address, got.ID, was.ID)
				}
			}
		})
	}
}
