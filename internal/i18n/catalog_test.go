package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestCatalog_referenceToNoTextStopsTheStart(t *testing.T) {
	for _, raw := range []string{
		`{"a": "press [=b=]"}`, `{"a": "press [=b=]", "b": {"one": "x", "other": "y"}}`, `{"a": "press [=b=]", "b": "see [=a=]"}`,
	} {
		if got, err := named([]byte(raw)); err == nil {
			t.Errorf("%s becomes %s", raw, got)
		}
	}
	if got, err := named([]byte(`{"a": "press “[=b.c=]”", "b.c": "say \"hi\""}`)); err != nil || string(got) != `{"a": "press “say \"hi\"”", "b.c": "say \"hi\""}` {
		t.Errorf("%s, %v", got, err)
	}
}

// Two that bring a text of the same key would hide each other's.
func TestCatalog_eachTextStandsOnce(t *testing.T) {
	source := fstest.MapFS{}
	for _, lang := range Langs {
		source["locales/active."+string(lang)+".json"] = &fstest.MapFile{Data: []byte(`{"a": "x"}`)}
	}
	if _, err := NewCatalog(source); err != nil {
		t.Error(err)
	}
	if _, err := NewCatalog(source, source); err == nil || !strings.Contains(err.Error(), "a is there twice") {
		t.Errorf("got %v", err)
	}
	delete(source, "locales/active.uz.json")
	if _, err := NewCatalog(source); err == nil || !strings.Contains(err.Error(), "texts of uz") {
		t.Errorf("got %v", err)
	}
}
