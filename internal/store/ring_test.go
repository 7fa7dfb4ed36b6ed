package store

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestRing_sealedValuesOpenOnlyWhereTheyWereBound(t *testing.T) {
	ring, _ := NewRing()
	other, _ := NewRing()
	sealed := ring.Seal([]byte("s3cret"), "sc:{a}:grant")
	if strings.Contains(sealed, "s3cret") || sealed == ring.Seal([]byte("s3cret"), "sc:{a}:grant") {
		t.Errorf("sealed as %s", sealed)
	}
	if plain, err := ring.Open(sealed, "sc:{a}:grant"); err != nil || string(plain) != "s3cret" {
		t.Fatalf("%q, %v", plain, err)
	}
	at := len(sealed) - 10
	altered := sealed[:at] + string(sealed[at]^1) + sealed[at+1:]
	for name, open := range map[string]func() ([]byte, error){
		"bound elsewhere": func() ([]byte, error) { return ring.Open(sealed, "sc:{b}:grant") },
		"another ring":    func() ([]byte, error) { return other.Open(sealed, "sc:{a}:grant") },
		"altered":         func() ([]byte, error) { return ring.Open(altered, "sc:{a}:grant") },
		"cut":             func() ([]byte, error) { return ring.Open(sealed[:30], "sc:{a}:grant") },
		"empty":           func() ([]byte, error) { return ring.Open("", "sc:{a}:grant") },
		"version":         func() ([]byte, error) { return ring.Open("v2"+sealed[2:], "sc:{a}:grant") },
	} {
		if _, err := open(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v, want ErrSealed", name, err)
		}
	}
}

func TestRing_rotation(t *testing.T) {
	_, oldSpec := NewRing()
	_, newSpec := NewRing()
	old := mustRing(t, oldSpec)
	both := mustRing(t, newSpec+", "+oldSpec)
	if plain, err := both.Open(old.Seal([]byte("x"), "k"), "k"); err != nil || string(plain) != "x" {
		t.Errorf("what the old key sealed: %q, %v", plain, err)
	}
	if _, err := old.Open(both.Seal([]byte("x"), "k"), "k"); err == nil {
		t.Error("the ring seals with its old key")
	}
	prints := both.Fingerprints("a", "b")
	if len(prints) != 2 || prints[1] != old.Fingerprints("a", "b")[0] {
		t.Errorf("fingerprints %v, want the old ring's last", prints)
	}
	if slices.Equal(prints, both.Fingerprints("ab")) || slices.Equal(prints, both.Fingerprints("a", "b", "")) {
		t.Error("the boundaries between parts do not count")
	}
}

func mustRing(t *testing.T, spec string) *Ring {
	t.Helper()
	ring, err := ParseRing(spec)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestParseRing_errorsNameTheEntryNotTheKey(t *testing.T) {
	key := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	for spec, want := range map[string]string{
		"":                           "entry 1 is empty",
		"a:" + key + ",":             "entry 2 is empty",
		key:                          "entry 1 has no colon",
		"a b:" + key:                 "entry 1: an id has",
		":" + key:                    "entry 1: an id has",
		"a:" + key + ",a:" + key:     `"a" is given twice`,
		"a:!!" + key:                 `key "a" is not base64`,
		"a:" + key + ",b:" + key[4:]: `key "b" has 29 bytes, want 32`,
	} {
		_, err := ParseRing(spec)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", spec, err, want)
		}
		if err != nil && strings.Contains(err.Error(), key[5:20]) {
			t.Errorf("%q: the error repeats the key", spec)
		}
	}
	url := strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(key)
	if mustRing(t, "a:"+url).Fingerprints("x")[0] != mustRing(t, "a:"+key).Fingerprints("x")[0] {
		t.Error("the URL spelling of base64 is another key")
	}
}

func TestLoadOrCreateRing_manyAtOnceGetTheSameRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "seal.keys")
	var mu sync.Mutex
	seen := map[string]int{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			ring, err := LoadOrCreateRing(path)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			seen[ring.Fingerprints("x")[0]]++
			mu.Unlock()
		})
	}
	wait.Wait()
	if len(seen) != 1 {
		t.Errorf("%d rings, want one", len(seen))
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

func TestLoadOrCreateRing_closesTheFileToOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.keys")
	_, spec := NewRing()
	if err := os.WriteFile(path, []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateRing(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestLoadOrCreateRing_brokenFileIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.keys")
	if err := os.WriteFile(path, []byte("a:short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateRing(path); err == nil || !strings.Contains(err.Error(), "seal.keys") {
		t.Errorf("%v, want an error that names the file", err)
	}
}

func TestKey_carriesTheTenantsHashTag(t *testing.T) {
	for got, want := range map[string]string{
		Key("t1", "grant"):     "sc:{t1}:grant",
		Key("t1", "made", "7"): "sc:{t1}:made:7",
		Key("t1"):              "sc:{t1}",
		Shared("cred", "abc"):  "sc:cred:abc",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
