// Package blockstest holds a block to what the service expects of every block. It is for tests: nothing of the program imports it.
package blockstest

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// Subject is a block that is not started with what its tests need to know of it.
type Subject struct {
	Host  *blocks.Host
	Block blocks.Block
	// Prefixes are first words of text keys beside the block's name, and Paths addresses that do not begin with it: of blocks that
	// are older than the rule.
	Prefixes []string
	Paths    []string
	// Keep has the block store something of a helpdesk's client on a ticket; needed of a Keeper.
	Keep func(ctx context.Context, t tenant.Tenant, clientID, ticketID int64) error
	// Choose stores a tenant's settings with a secret; needed of a Sectioned.
	Choose func(ctx context.Context, t tenant.Tenant, secret string) error
}

// Run starts the block and runs all checks that its capabilities ask for.
func Run(t *testing.T, s Subject) {
	if err := s.Block.Start(s.Host); err != nil {
		t.Fatal(err)
	}
	if b, ok := s.Block.(blocks.Configured); ok {
		t.Run("config", func(t *testing.T) { checkConfig(t, b.Config()) })
	}
	if b, ok := s.Block.(blocks.Worded); ok {
		t.Run("texts", func(t *testing.T) { s.checkTexts(t, b.Texts()) })
	}
	if b, ok := s.Block.(blocks.Mounter); ok {
		t.Run("routes", func(t *testing.T) { s.checkRoutes(t, route.Of(blocks.Panel, b)) })
	}
	if b, ok := s.Block.(blocks.Sectioned); ok {
		t.Run("section", func(t *testing.T) { s.checkSection(t, b.Section()) })
	}
	if b, ok := s.Block.(blocks.Keeper); ok {
		t.Run("person", func(t *testing.T) { s.checkPerson(t, b) })
	}
}

// checkConfig expects an environment variable and a help text of each field.
func checkConfig(t *testing.T, c blocks.Config) {
	for field := range reflect.TypeOf(c).Elem().Fields() {
		if field.IsExported() && (field.Tag.Get("env") == "" || field.Tag.Get("help") == "") {
			t.Errorf("%s has no env or no help", field.Name)
		}
	}
}

// checkTexts expects the same keys in every language, each with a text and under a prefix of the block.
func (s Subject) checkTexts(t *testing.T, source fs.FS) {
	var english []string
	for _, lang := range i18n.Langs {
		raw, err := fs.ReadFile(source, "locales/active."+string(lang)+".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]any
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatalf("%s: %v", lang, err)
		}
		keys := slices.Sorted(maps.Keys(texts))
		if lang == i18n.EN {
			english = keys
		} else if !slices.Equal(keys, english) {
			t.Errorf("%s has other keys than English", lang)
		}
		for key, text := range texts {
			prefix, _, _ := strings.Cut(key, ".")
			if prefix != s.Block.Name() && !slices.Contains(s.Prefixes, prefix) {
				t.Errorf("%s: the key does not begin with the block's name", key)
			}
			if text == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
		}
	}
}

// checkRoutes expects each route at an address of its class that begins with the block's name.
func (s Subject) checkRoutes(t *testing.T, routes []route.Route) {
	begins := map[route.Class]string{route.Public: "/", route.Panel: "/blocks/" + blocks.Panel + "/:session/", route.Webhook: "/hooks/", route.Machine: "/api/"}
	for _, r := range routes {
		begin, ok := begins[r.Class]
		if !ok {
			t.Errorf("%s %s has the class %q", r.Method, r.Path, r.Class)
			continue
		}
		at := begin + s.Block.Name()
		own := r.Path == at || strings.HasPrefix(r.Path, at+"/")
		if !own && !slices.ContainsFunc(s.Paths, func(path string) bool { return strings.HasPrefix(r.Path, path) }) {
			t.Errorf("%s %s (%s) does not begin with %s", r.Method, r.Path, r.Class, at)
		}
	}
}

// open returns a tenant of its own, as a helpdesk's block makes it.
func (s Subject) open(t *testing.T) tenant.Tenant {
	t.Helper()
	c := tenant.Credential{AmoBase: "https://" + s.Block.Name() + ".amocrm.ru", DeskToken: t.Name()}
	company, err := s.Host.Tenants.FindOrCreate(t.Context(), c, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return company
}

const secret = "SecretOfBlocksTest"

// checkSection expects that a secret is neither shown nor exported, and lies nowhere in clear.
func (s Subject) checkSection(t *testing.T, section privacy.Section) {
	ctx, company := t.Context(), s.open(t)
	if s.Choose == nil {
		t.Fatal("Subject.Choose is missing")
	}
	err := s.Choose(ctx, company, secret)
	if err == nil {
		company, err = s.Host.Tenants.Get(ctx, company.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(section.Shown(company))
	if err != nil || string(shown) == "null" || strings.Contains(string(shown), secret) {
		t.Errorf("shown: %s, %v", shown, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", company, company, company); strings.Contains(text, secret) {
		t.Error("the secret is in what is printed of the tenant")
	}
	err = s.Host.DB.Walk(ctx, "*"+company.ID+"*", func(keys []string) error {
		for _, key := range keys {
			if raw, err := s.Host.DB.Get(ctx, key).Result(); err == nil && strings.Contains(raw, secret) { // an error: it is no string
				t.Errorf("%s holds the secret in clear", key)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// checkPerson expects that what is kept of a person is found and goes, and that of another person stays.
func (s Subject) checkPerson(t *testing.T, keeper privacy.Keeper) {
	ctx, company := t.Context(), s.open(t)
	if s.Keep == nil {
		t.Fatal("Subject.Keep is missing")
	}
	files := privacy.Files{DB: s.Host.DB, Tenants: s.Host.Tenants, Keepers: []privacy.Keeper{keeper}}
	found := func(client, ticket int64) privacy.Person {
		p, err := files.Person(ctx, company.ID, client, []int64{ticket})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for id := range int64(2) {
		if err := s.Keep(ctx, company, 71+id, 91+id); err != nil {
			t.Fatal(err)
		}
	}
	person := found(71, 91)
	if n := person.Parts[0].Count; n != 1 {
		t.Errorf("%d things are found of a person, want 1", n)
	}
	if raw, err := json.Marshal(person); err != nil || strings.Contains(string(raw), company.TriggerKey) {
		t.Errorf("exported: %s, %v", raw, err)
	}
	if n, err := files.ErasePerson(ctx, person); err != nil || n == 0 {
		t.Errorf("erased: %d, %v", n, err)
	}
	if n := found(71, 91).Parts[0].Count; n != 0 {
		t.Errorf("%d things are left of the person", n)
	}
	if n := found(72, 92).Parts[0].Count; n != 1 {
		t.Errorf("%d things are left of another person, want 1", n)
	}
	if whole, err := keeper.OfTenant(ctx, company.ID); err != nil || whole.Count != 1 {
		t.Errorf("%d things are the tenant's, %v; want 1", whole.Count, err)
	}
	if len(keeper.Keys()) == 0 {
		t.Error("the keeper names no keys")
	}
	for _, name := range keeper.Keys() {
		s.checkForms(t, store.Key(company.ID, name)+":*")
	}
}

// checkForms expects a version in every form that is stored sealed: the member or field v, by which a later program reads it.
func (s Subject) checkForms(t *testing.T, match string) {
	ctx, db := t.Context(), s.Host.DB
	err := db.Walk(ctx, match, func(keys []string) error {
		for _, key := range keys {
			fields, err := db.HGetAll(ctx, key).Result()
			if err != nil { // it is no hash
				fields = map[string]string{"": db.Get(ctx, key).Val()}
			}
			for name, value := range fields {
				var form struct{ V int }
				raw, err := db.Ring().Open(value, key)
				if err == nil && fields["v"] == "" && (json.Unmarshal(raw, &form) != nil || form.V == 0) {
					t.Errorf("%s %s is sealed without a version", key, name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
