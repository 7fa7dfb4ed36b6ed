package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// `make vuln` needs nothing but a database: here one that holds a single vulnerability, of a module that is in the build.
func TestVuln_namesWhatTheDatabaseKnows(t *testing.T) {
	t.Parallel()
	db := t.TempDir()
	const when = `"modified": "2026-01-02T03:04:05Z"`
	for name, text := range map[string]string{
		"index/db.json":      `{` + when + `}`,
		"index/modules.json": `[{"path": "github.com/labstack/echo/v4", "vulns": [{"id": "GO-2026-0001", ` + when + `}]}]`,
		"ID/GO-2026-0001.json": `{"schema_version": "1.3.1", "id": "GO-2026-0001", ` + when + `, "summary": "made up for a test", "affected": [{
			"package": {"name": "github.com/labstack/echo/v4", "ecosystem": "Go"},
			"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}`,
	} {
		path := filepath.Join(db, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("make", "-s", "-C", "..", "vuln", "VULNDB=file://"+db, "VULNFLAGS=-scan package")
	cmd.Env = append(os.Environ(), "MAKEFLAGS=")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "GO-2026-0001") || !strings.Contains(string(out), "made up for a test") {
		t.Errorf("%v\n%s", err, out)
	}
}
