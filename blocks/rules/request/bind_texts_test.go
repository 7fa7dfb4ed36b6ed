package request

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The published example has comments, and one of them is broken over two lines.
func TestBind_publishedExampleAsItIsPasted(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "usedesk", "freecreatelead.as-published.txt"))
	if err != nil {
		t.Fatal(err)
	}
	body := strings.ReplaceAll(string(raw), "{{ticket_id}}", "101")
	for _, pasted := range []string{body, strings.ReplaceAll(body, "\n", "\r\n"), strings.ReplaceAll(body, "  ", "\u00a0 ")} {
		got, _, err := Bind(jsonType, []byte(pasted))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(wantPublished(`"asd"`), got); d != "" {
			t.Error(d)
		}
	}
}

func TestBind_textsAreWhatTheyWere(t *testing.T) {
	for name, body := range map[string]string{
		"raw line ends": "{\"ticketId\":1,\"fields\":{\"name\":\"Иван\"},\"comment\":\"one\ntwo\"}",
		"windows-1251":  "{\"ticketId\":1,\"fields\":{\"name\":\"\xc8\xe2\xe0\xed\"},\"comment\":\"one\\ntwo\"}",
		"zero bytes":    "{\"ticketId\":1,\"fields\":{\"name\":\"Иван\\u0000\"},\"comment\":\"one\\ntwo\\ud83d\"}\x00",
	} {
		got, _, err := Bind(jsonType, []byte(body))
		if err != nil || got.Fields.Name != "Иван" || got.Comment != "one\ntwo" {
			t.Errorf("%s: %q, %q, %v", name, got.Fields.Name, got.Comment, err)
		}
	}
}

func TestFingerprint_tellsFiringsApart(t *testing.T) {
	base := wantPublished(`"asd"`)
	other := base
	other.Comment = "5555"
	anotherID := base
	anotherID.AmoClientID = ""
	print := func(r Request, tenant, key string) string {
		f, err := r.Fingerprint(tenant, key)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if print(base, "a", "") != print(anotherID, "a", "") {
		t.Error("the integration id must not make a firing another one")
	}
	seen := map[string]bool{}
	for _, f := range []string{print(base, "a", ""), print(base, "b", ""), print(other, "a", ""), print(base, "a", "k"),
		print(base, "a", "k2")} {
		if seen[f] {
			t.Error("two different firings look the same")
		}
		seen[f] = true
	}
	if print(base, "a", "k") != print(other, "a", "k") {
		t.Error("the header key decides alone")
	}
}
