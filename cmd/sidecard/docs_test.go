package main

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// filesOf are the repository's files with one of these endings, by their path from its root.
func filesOf(t *testing.T, endings ...string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "data" || name == "bin") {
			return fs.SkipDir
		}
		for _, ending := range endings {
			if !entry.IsDir() && strings.HasSuffix(path, ending) {
				raw, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				texts[strings.TrimPrefix(path, root+"/")] = string(raw)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// settingsOf calls see with each environment variable of a config and its default.
func settingsOf(config reflect.Type, see func(name, preset string)) {
	for i := range config.NumField() {
		field := config.Field(i)
		if name := field.Tag.Get("env"); name != "" {
			see(name, field.Tag.Get("default"))
		} else if field.Type.Kind() == reflect.Struct {
			settingsOf(field.Type, see)
		}
	}
}

func TestREADME_hasEveryVariableWithItsDefault(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[A-Z][^|]*) \\| ([^|]*) \\|").FindAllStringSubmatch(string(raw), -1) {
		for _, name := range strings.Split(row[1], ", ") {
			rows[strings.Trim(name, "` ")] = row[2]
		}
	}
	check := func(name, preset string) {
		said, ok := rows[name]
		switch {
		case !ok:
			t.Errorf("README has no row for %s", name)
		case preset != "" && said != "`"+preset+"`":
			t.Errorf("README says that %s is %s without it, not %s", name, said, preset)
		}
		delete(rows, name)
	}
	settingsOf(reflect.TypeFor[config](), check)
	for _, part := range newConfig().Blocks {
		settingsOf(reflect.TypeOf(part).Elem(), check)
	}
	for name := range rows {
		if !strings.HasPrefix(name, "GO") && !strings.HasPrefix(name, "OTEL_") && !strings.HasSuffix(name, "_PROXY") { // Go's and the libraries' own
			t.Errorf("README has a row for %s, which nothing reads", name)
		}
	}
}

func TestDocs_linksLeadToFilesThatExist(t *testing.T) {
	links := 0
	for file, text := range filesOf(t, ".md") {
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			to, err := url.Parse(link[1])
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if to.Host != "" || to.Path == "" {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(file), to.Path)); err != nil {
				t.Errorf("%s links to %s: %v", file, link[1], err)
			}
		}
	}
	if links < 30 {
		t.Errorf("%d links read", links)
	}
}
