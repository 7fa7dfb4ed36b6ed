package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// The file of htmx 2.0.11 is the published one, unchanged (htmx.min.js.sha256 in sha256sum's format).
func TestAssets_htmxIsThePublishedFile(t *testing.T) {
	noted, err := os.ReadFile("assets/htmx.min.js.sha256")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(assets["htmx.min.js"].body)
	if want, _, _ := strings.Cut(string(noted), " "); hex.EncodeToString(sum[:]) != want {
		t.Errorf("htmx.min.js has the hash %x, noted is %s", sum, want)
	}
	if !strings.Contains(string(assets["htmx.min.js"].body), `version:"2.0.11"`) {
		t.Error("htmx.min.js is another version")
	}
}

func TestAssets_haveAddresses(t *testing.T) {
	for _, name := range []string{"htmx.min.js", "panel.js", "panel.css", "icon.svg"} {
		if got := AssetURL(name); !strings.HasPrefix(got, "/assets/"+name+"?v=") || len(got) != len("/assets/"+name+"?v=")+12 {
			t.Errorf("%s: %s", name, got)
		}
	}
}
