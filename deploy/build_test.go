package deploy

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// version is what these tests stamp.
const version = "v9.8.7-test"

// arch is the processor to build for: ARCH, else this machine's. TestImage needs one that this machine can run.
var arch = cmp.Or(os.Getenv("ARCH"), runtime.GOARCH)

// built is the folder with the program and its bill of materials, as `make build` leaves them.
var built string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sidecard-deploy-")
	if err == nil {
		defer os.RemoveAll(dir)
		built = filepath.Join(dir, "first")
		err = build("..", built)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build runs `make build` for arch in the source tree src.
func build(src, out string) error {
	cmd := exec.Command("make", "-s", "-C", src, "build", "VERSION="+version, "ARCHES="+arch, "BIN="+out)
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "GOFLAGS=")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make build: %w\n%s", err, said)
	}
	return nil
}

func program(dir string) string { return filepath.Join(dir, "sidecard-linux-"+arch) }

func TestBuild_sameBytesFromAnotherFolder(t *testing.T) {
	src, out := filepath.Join(t.TempDir(), "elsewhere"), filepath.Join(t.TempDir(), "out")
	copyTree(t, "..", src)
	if err := build(src, out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{program(""), program("") + ".cdx.json"} {
		a, b := sum(t, filepath.Join(built, name)), sum(t, filepath.Join(out, name))
		if a != b {
			t.Errorf("%s: %x in one folder, %x in another", name, a, b)
		}
	}
}

func TestBuild_staticAndStamped(t *testing.T) {
	f, err := elf.Open(program(built))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 {
		t.Errorf("needs %v, %v", libs, err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("needs a dynamic loader")
		}
	}
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	switch raw, err := os.ReadFile(program(built)); {
	case err != nil:
		t.Error(err)
	case bytes.Contains(raw, []byte(here+"/")):
		t.Error("the program names the folder it was built in")
	case !bytes.Contains(raw, []byte(version)):
		t.Error("the version is not in the program")
	}
	if arch != runtime.GOARCH {
		return
	}
	if said, err := exec.Command(program(built), "version").Output(); err != nil || !strings.Contains(string(said), version) {
		t.Errorf("version says %q, %v", said, err)
	}
}

func TestBillOfMaterials_listsWhatTheProgramHolds(t *testing.T) {
	raw, err := os.ReadFile(program(built) + ".cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	var b struct {
		Format   string `json:"bomFormat"`
		Metadata struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version, PURL string }
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Metadata.Component.Name != "sidecard" || b.Metadata.Component.Version != version {
		t.Errorf("%s of %+v", b.Format, b.Metadata.Component)
	}
	said, err := exec.Command("go", "version", "-m", program(built)).Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := 0
	for line := range strings.Lines(string(said)) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] != "dep" {
			continue
		}
		modules++
		want := "pkg:golang/" + f[1] + "@" + strings.ReplaceAll(f[2], "+", "%2B")
		if !slices.ContainsFunc(b.Components, func(c struct{ Name, Version, PURL string }) bool { return c.PURL == want }) {
			t.Errorf("%s is missing", want)
		}
	}
	if modules == 0 || len(b.Components) != modules+1 { // and Go's own library
		t.Errorf("%d components of %d modules", len(b.Components), modules)
	}
}

func sum(t *testing.T, file string) [sha256.Size]byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(raw)
}

// copyTree copies what a build needs.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "bin", "data", "docs", "testdata", "node_modules"}, d.Name()) {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		if !d.Type().IsRegular() || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), raw, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
