package tenant

import (
	"errors"
	"testing"
)

func TestFindOrCreate_asksForWhoNeverLoggedIn(t *testing.T) {
	d, server := setup(t)
	c, enough, asked := Credential{AmoBase: base, DeskToken: "a"}, errors.New("enough"), 0
	refuse := func() error { asked++; return enough }
	if _, err := d.FindOrCreate(t.Context(), c, refuse); !errors.Is(err, enough) || asked != 1 {
		t.Errorf("a stranger: %v, asked %d times", err, asked)
	}
	if keys := server.Keys(); len(keys) != 0 {
		t.Errorf("stored nevertheless: %v", keys)
	}
	known := open(t, d, c)
	if _, err := d.FindOrCreate(t.Context(), c, refuse); !errors.Is(err, enough) || asked != 2 {
		t.Errorf("a company that never logged in: %v, asked %d times", err, asked)
	}
	if err := d.Connected(t.Context(), known.ID, "integration", 7, "Account"); err != nil {
		t.Fatal(err)
	}
	if got, err := d.FindOrCreate(t.Context(), c, refuse); err != nil || got.ID != known.ID || asked != 2 {
		t.Errorf("a connected company: %v, asked %d times", err, asked)
	}
}
