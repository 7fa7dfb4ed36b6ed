package tenant

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSettings_surviveAReload(t *testing.T) {
	d, _ := setup(t)
	tn := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token"})
	want := Settings{
		Region: "KZ", Language: "ru", MaskPhones: true, PipelineID: 1, StatusID: 2, ResponsibleID: 3, DealName: "{{ticket.subject}}",
		ListLayout: []string{"stage", "cf:5"}, CardLayout: []string{"tags"},
		Mapping: []FieldMap{{From: "client.company", Entity: "contact", FieldID: 7}},
	}
	if _, err := d.Update(t.Context(), tn.ID, func(t *Tenant) error { t.Settings = want; return nil }); err != nil {
		t.Fatal(err)
	}
	got := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token"})
	if diff := cmp.Diff(want, got.Settings); diff != "" {
		t.Error(diff)
	}
}

// A tenant stored before a setting existed has the setting's zero value, and keeps what it had.
func TestSettings_olderStoredFormOpens(t *testing.T) {
	d, server := setup(t)
	tn := open(t, d, Credential{AmoBase: base, DeskToken: "desk-token"})
	raw, err := server.Get(recordKey(tn.ID))
	if err != nil {
		t.Fatal(err)
	}
	var stored map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &stored); err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{`{"region":"KZ"}`, `{}`, ``} {
		if stored["settings"] = json.RawMessage(old); old == "" {
			delete(stored, "settings")
		}
		changed, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Set(recordKey(tn.ID), string(changed)); err != nil {
			t.Fatal(err)
		}
		want := Settings{}
		if old == `{"region":"KZ"}` {
			want.Region = "KZ"
		}
		got, err := d.Get(t.Context(), tn.ID)
		if err != nil || got.V != schema {
			t.Fatalf("%s: V %d, %v", old, got.V, err)
		}
		if diff := cmp.Diff(want, got.Settings); diff != "" {
			t.Errorf("%s: %s", old, diff)
		}
	}
}
