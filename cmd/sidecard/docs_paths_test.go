package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// quoted is what may be a place in this repository, such as `internal/store` or `blocks/amocrm/open.go`.
var quoted = regexp.MustCompile("`(?:\\./)?([a-z][\\w./*-]*)`")

// The pages name only files and folders that are there.
func TestDocs_pathsExist(t *testing.T) {
	for page, text := range filesOf(t, ".md") {
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			first, rest, _ := strings.Cut(m[1], "/")
			_, err := os.Stat(filepath.Join(root, first))
			if ours := err == nil && rest != ""; !ours && !strings.HasSuffix(m[1], ".go") {
				continue
			}
			if found, err := filepath.Glob(filepath.Join(root, strings.TrimSuffix(m[1], "..."))); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
	}
}
