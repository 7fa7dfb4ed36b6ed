package amocrm

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

func TestPersist_everythingOutlivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "amo.json")
	keep := func(o *Options) { o.StateFile = file }
	b := start(t, keep)
	access, refresh := b.grant()
	wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access,
		`{"price":7,"custom_fields_values":[{"field_id":702,"values":[{"value":1600000000}]}]}`), http.StatusOK)
	made := func(path, key, body string) int64 {
		t.Helper()
		r := b.api("POST", "/api/v4/"+path, access, body)
		if r.status >= 300 {
			t.Fatalf("POST %s: %d %s", path, r.status, r.body)
		}
		return int64(dig(r.json(t), "_embedded."+key+".0.id").(float64))
	}
	catalog := made("catalogs", "catalogs", `[{"name":"Goods"}]`)
	kind := fmt.Sprintf("catalogs/%d", catalog)
	field := made(kind+"/custom_fields", "custom_fields", `[{"name":"Since","type":"date"}]`)
	element := made(kind+"/elements", "elements", fmt.Sprintf(`[{"name":"Broom","custom_fields_values":[{"field_id":%d,"values":[{"value":1600000000}]}]}]`, field))
	wantStatus(t, b.api("POST", "/api/v4/leads/301/link", access, fmt.Sprintf(
		`[{"to_entity_id":%d,"to_entity_type":"catalog_elements","metadata":{"quantity":2,"catalog_id":%d}}]`, element, catalog)), http.StatusOK)
	paths := []string{"/api/v4/leads/301?with=contacts,catalog_elements", "/api/v4/" + kind + "/elements"}
	var before []reply
	for _, path := range paths {
		before = append(before, b.api("GET", path, access, nil))
	}
	if err := b.s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	again := start(t, keep)
	for i, path := range paths {
		after := again.api("GET", path, access, nil)
		wantStatus(t, after, http.StatusOK)
		if diff := cmp.Diff(string(before[i].body), string(after.body)); diff != "" {
			t.Errorf("%s changed over the restart:\n%s", path, diff)
		}
	}
	wantStatus(t, again.refresh(refresh), http.StatusOK)
	wantStatus(t, again.refresh(refresh), http.StatusUnauthorized)
}

// TestPersist_tokensAreOnDiskBeforeTheAnswer reads the file as a killed server would find it.
func TestPersist_tokensAreOnDiskBeforeTheAnswer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "amo.json")
	b := start(t, func(o *Options) { o.StateFile = file })
	_, refresh := b.grant()
	next := b.refresh(refresh).json(t)["refresh_token"].(string)
	w, err := world.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if w.Refresh[next] == nil || !w.Refresh[refresh].Used {
		t.Error("the rotation is not on disk")
	}
}

func TestPersist_changesAreSavedAMomentLater(t *testing.T) {
	file := filepath.Join(t.TempDir(), "amo.json")
	b := start(t, func(o *Options) { o.StateFile = file })
	access, _ := b.grant()
	wantStatus(t, b.api("PATCH", "/api/v4/leads/301", access, `{"price":4711}`), http.StatusOK)
	eventually(t, "saved price", func() bool {
		w, err := world.Load(file)
		if err != nil {
			t.Fatal(err) // a reader never meets half a file
		}
		return w.Accounts[0].Leads[301].Price == 4711
	})
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*.tmp"))
	if err != nil || len(left) > 1 {
		t.Errorf("temporary files left: %v, %v", left, err)
	}
}

func TestPersist_otherPortsAfterARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "amo.json")
	start(t, func(o *Options) { o.StateFile = file }).grant()
	b := start(t, func(o *Options) {
		o.StateFile, o.Hosts, o.RedirectURI = file, []string{"127.0.0.1:9001", "127.0.0.2:9001"}, "https://app.example.com/new"
	})
	b.s.state.Read(func(w *world.World) {
		if w.Accounts[0].Host != "127.0.0.1:9001" || w.Integrations["1ff6828b-c10c-43f8-98d0-370001e85b6c"].RedirectURI != "https://app.example.com/new" {
			t.Errorf("host %s, redirect %v", w.Accounts[0].Host, w.Integrations)
		}
	})
}

func TestNew_refusals(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	for content, want := range map[string]string{`{"accounts":[`: "move it away", `{}`: "holds no local amoCRM"} {
		if err := os.WriteFile(broken, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(twoAccounts(), Options{StateFile: broken}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("state file %s: %v, want %q", content, err, want)
		}
	}
	for _, hosts := range [][]string{{"a:1", "A:1"}, {""}, {"a:1", "b:1", "c:1"}} {
		if _, err := New(twoAccounts(), Options{Hosts: hosts}); err == nil {
			t.Errorf("hosts %v were accepted", hosts)
		}
	}
}

func TestPersist_failureIsReported(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b := start(t, func(o *Options) { o.StateFile = filepath.Join(dir, "amo.json") })
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	r := b.do("POST", firstHost, "/_sandbox/grant", nil)
	wantStatus(t, r, http.StatusInternalServerError)
	if got := b.control("GET", "info", nil)["save_error"]; got == nil {
		t.Error("info does not tell that saving fails")
	}
	if err := os.Mkdir(dir, 0o700); err != nil { // so that Close can save
		t.Fatal(err)
	}
}

// TestPersist_killedWhileWritingLeavesAWholeFile runs itself as a server that saves without end, and kills it.
func TestPersist_killedWhileWritingLeavesAWholeFile(t *testing.T) {
	if file := os.Getenv("AMO_SAVE_FOREVER"); file != "" {
		s, err := New(twoAccounts(), Options{StateFile: file})
		for err == nil {
			err = s.state.Save()
		}
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "amo.json")
	for range 5 {
		child := exec.Command(os.Args[0], "-test.run=^TestPersist_killedWhileWritingLeavesAWholeFile$")
		child.Env = append(os.Environ(), "AMO_SAVE_FOREVER="+file)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		before, err := os.Stat(file)
		eventually(t, "a save by the child", func() bool {
			now, errNow := os.Stat(file)
			return errNow == nil && (err != nil || now.ModTime().After(before.ModTime()))
		})
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		if w, err := world.Load(file); err != nil || len(w.Accounts) != 2 {
			t.Fatalf("after the kill: %v, %v", w, err)
		}
	}
}
