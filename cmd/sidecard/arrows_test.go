package main

import (
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sidecard/sidecard/"

// allowed reports whether a package may import another one of ours. Programs, tests and what wires may import everything.
func allowed(from, to string) bool {
	in := func(p string, roots ...string) bool {
		return slices.ContainsFunc(roots, func(root string) bool { return p == root || strings.HasPrefix(p, root+"/") })
	}
	shared := []string{"blocks", "blocks/ui", "blocks/session", "blocks/console"}           // of all blocks
	values := in(to, "connector/wire", "internal/money", "internal/runes", "internal/when") // they know nothing of ours
	ground := in(to, "internal") && !in(to, "internal/crm")
	switch {
	case in(from, "cmd", "e2e", "bench", "deploy", "internal/crm/crmtest"):
		return true
	case in(from, "sandbox/kit", "sandbox/scenario"):
		return in(to, from)
	case strings.HasPrefix(from, "sandbox/"): // a system knows no other one
		return in(to, "sandbox/kit", "sandbox/scenario", path.Join("sandbox", strings.Split(from, "/")[1]))
	case from == "sandbox":
		return in(to, "sandbox")
	case in(to, "sandbox", "cmd", "e2e", "bench", "deploy", "internal/crm/crmtest"):
		return false
	case values:
		return true
	case in(from, "connector"):
		return in(to, "connector/transport") || in(to, from)
	case in(from, "internal/crm"):
		return ground || in(to, "connector/amocrm", "oauth", "internal/crm")
	case in(from, "internal"):
		return ground || in(to, "connector/transport")
	case in(from, "oauth"):
		return ground
	case in(from, "api"):
		return ground || in(to, "api")
	case from == "blocks": // hands the ground to blocks
		return in(to, "internal", "oauth") || slices.Contains(shared, to)
	case slices.Contains(shared, from):
		return ground || in(to, "oauth") || slices.Contains(shared, to)
	case in(from, "blocks"):
		name := strings.Split(from, "/")[1]
		own := map[string]string{"amocrm": "connector/amocrm", "rules": "connector/usedesk", "sms": "connector/turbosms", "meetings": "connector/zoom"}[name]
		return in(to, "internal", "oauth", path.Join("blocks", name)) || slices.Contains(shared, to) || own != "" && in(to, own)
	}
	return false
}

// The ground knows no block, a block knows no other, and each connector is known where its system is spoken to.
func TestArrows_packagesImportOnlyWhatTheyMayKnow(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		packages := strings.Fields(line)
		from := strings.TrimPrefix(packages[0], module)
		for _, p := range packages[1:] {
			if to, ours := strings.CutPrefix(p, module); ours && !allowed(from, to) {
				t.Errorf("%s -> %s: this package should not know the other", from, to)
			}
		}
	}
}
