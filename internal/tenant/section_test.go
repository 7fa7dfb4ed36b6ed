package tenant

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// colours is a block's section.
type colours struct {
	Front string `json:"front,omitempty"`
	Key   string `json:"key,omitempty" secret:"true"`
}

// shades is the same section in a newer version.
type shades struct {
	colours
	Depth int `json:"depth,omitempty"`
}

func choose[T any](t *testing.T, d *Directory, id string, s Section[T], v T) {
	t.Helper()
	if _, err := d.Update(t.Context(), id, func(t *Tenant) error { return s.Put(t, v) }); err != nil {
		t.Fatal(err)
	}
}

func chosen[T any](t *testing.T, d *Directory, id string, s Section[T]) T {
	t.Helper()
	got, err := d.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s.Of(got)
}

func TestSection_isStoredSealedAndShownWithoutSecrets(t *testing.T) {
	d, server := setup(t)
	id := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token"}).ID
	s, other := NewSection[colours]("colours"), NewSection[colours]("notices")
	want := colours{Front: "red of mine", Key: "key of mine"}
	choose(t, d, id, s, want)
	choose(t, d, id, other, colours{Front: "blue"})
	if got := chosen(t, d, id, s); got != want {
		t.Errorf("%+v", got)
	}
	raw, err := server.Get(recordKey(id))
	if err != nil || strings.Contains(raw, "of mine") || !strings.Contains(raw, `"section_colours":"v1.`) || !strings.Contains(raw, `"notices":"v1.`) {
		t.Errorf("stored as %s, %v", raw, err)
	}
	tn, err := d.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"front": "red of mine"}, s.Shown(tn)); diff != "" {
		t.Error(diff)
	}
	if got := fmt.Sprintf("%v %+v %#v", tn, tn, tn); strings.Contains(got, "of mine") {
		t.Errorf("printed: %s", got)
	}
	if _, err := d.Update(t.Context(), id, func(t *Tenant) error { s.Clear(t); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := chosen(t, d, id, s); got != (colours{}) {
		t.Errorf("after its end: %+v", got)
	}
	if got := chosen(t, d, id, other); got.Front != "blue" {
		t.Errorf("the other section: %+v", got)
	}
}

// A version that knows less, of a section or of a whole section, leaves what it does not know as it is.
func TestSection_keepsWhatANewerVersionHasAdded(t *testing.T) {
	d, _ := setup(t)
	id := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token"}).ID
	newer, older := NewSection[shades]("colours"), NewSection[colours]("colours")
	unknown := NewSection[colours]("of_tomorrow")
	choose(t, d, id, newer, shades{colours{Front: "red"}, 3})
	choose(t, d, id, unknown, colours{Front: "later"})
	choose(t, d, id, older, colours{Front: "green"})
	if got := chosen(t, d, id, newer); got != (shades{colours{Front: "green"}, 3}) {
		t.Errorf("the newer version finds %+v", got)
	}
	if got := chosen(t, d, id, unknown); got.Front != "later" {
		t.Errorf("the section of tomorrow: %+v", got)
	}
}

// What an update changes is not seen by those who hold the tenant as it was.
func TestSection_aCopyOfTheTenantStaysAsItWas(t *testing.T) {
	s := NewSection[colours]("colours")
	var before Tenant
	if err := s.Put(&before, colours{Front: "red"}); err != nil {
		t.Fatal(err)
	}
	after := before
	if err := s.Put(&after, colours{Front: "blue"}); err != nil {
		t.Fatal(err)
	}
	if s.Of(before).Front != "red" || s.Of(after).Front != "blue" {
		t.Errorf("%+v, %+v", s.Of(before), s.Of(after))
	}
}

func TestSection_thatCantBeReadIsNotOverwritten(t *testing.T) {
	s := NewSection[colours]("colours")
	tn := Tenant{sections: map[string]json.RawMessage{"colours": json.RawMessage(`{"front":[1]}`)}}
	if got := s.Of(tn); got != (colours{}) {
		t.Errorf("%+v", got)
	}
	if err := s.Put(&tn, colours{Front: "red"}); err == nil || string(tn.sections["colours"]) != `{"front":[1]}` {
		t.Errorf("%s, %v", tn.sections["colours"], err)
	}
}

func TestLanguage_isTheChosenOneElseThatOfASection(t *testing.T) {
	s := NewSection[struct {
		Language string `json:"language"`
	}]("notices")
	var tn Tenant
	if err := s.Put(&tn, struct {
		Language string `json:"language"`
	}{"uk"}); err != nil {
		t.Fatal(err)
	}
	if got := tn.Language(); got != "uk" {
		t.Errorf("%q", got)
	}
	if tn.Settings.Language = "ru"; tn.Language() != "ru" {
		t.Errorf("%q", tn.Language())
	}
}

// The form in which a tenant was stored before there were sections, with all that it held.
func TestRecord_storedBeforeThereWereSections(t *testing.T) {
	d, server := setup(t)
	const id = "abcdefghijklmnopqrstuvwxyz"
	key, seal := recordKey(id), d.db.Ring().Seal
	raw := fmt.Sprintf(`{"v":1,"id":%q,"amo_base":"https://example.amocrm.ru","desk_base":"","integration":"i","account_id":31,"account_name":"Example",`+
		`"settings":{"language":"uk","mask_phones":true},"created_at":"2026-01-01T00:00:00Z","connected_at":"2026-01-01T00:00:00Z",`+
		`"old_trigger_end":"2099-01-01T00:00:00Z","desk_token":%q,"trigger_key":%q,"old_trigger_key":%q,"notices":%q,"credentials":["c"],"triggers":["t"]}`,
		id, seal([]byte("desk"), key+"#desk_token"), seal([]byte("sk_1"), key+"#trigger_key"), seal([]byte("sk_0"), key+"#old_trigger_key"),
		seal([]byte(`{"language":"ru","emails":["boss@example.com"],"later":1}`), key+"#notices"))
	if err := server.Set(key, raw); err != nil {
		t.Fatal(err)
	}
	notices := NewSection[struct {
		Emails []string `json:"emails"`
	}]("notices")
	look := func(when string) {
		t.Helper()
		tn, err := d.Get(t.Context(), id)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if tn.DeskToken != "desk" || tn.TriggerKey != "sk_1" || tn.OldTriggerKey != "sk_0" || !tn.Settings.MaskPhones || tn.Language() != "uk" ||
			!cmp.Equal(notices.Of(tn).Emails, []string{"boss@example.com"}) {
			t.Errorf("%s: %+v %+v", when, struct{ Tenant }{tn}, notices.Of(tn))
		}
	}
	look("as stored")
	for range 2 {
		_, err := d.Update(t.Context(), id, func(t *Tenant) error {
			v := notices.Of(*t)
			t.AccountName = "Changed"
			return notices.Put(t, v)
		})
		if err != nil {
			t.Fatal(err)
		}
		look("written anew")
	}
	tn, err := d.Get(t.Context(), id)
	if err != nil || !strings.Contains(string(tn.sections["notices"]), `"later":1`) {
		t.Errorf("a member that this version does not know is lost: %s, %v", tn.sections["notices"], err)
	}
}
