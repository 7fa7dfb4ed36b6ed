package people

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/internal/helpdesk"
)

// pairs reads a table of testdata/lines: the columns of each row, without its comments.
func pairs(t *testing.T, file string) [][]string {
	t.Helper()
	raw, err := os.ReadFile("../../../testdata/lines/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		col := strings.Split(line, "\t")
		for i, s := range col {
			if typed, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`); err == nil {
				col[i] = typed
			}
		}
		out = append(out, col)
	}
	return out
}

// A client is a contact exactly when they have a line in common, whichever of the two has which form. The card and a rule's deal
// find contacts by this one comparison.
func TestMatch_hostileTables(t *testing.T) {
	check := func(code, region, mine, theirs, source string, want bool) {
		value, _ := json.Marshal(theirs)
		contact := contactJSON(t, `{"id":1,"custom_fields_values":[{"field_code":"`+code+`","field_type":"multitext","values":[{"value":`+string(value)+`}]}]}`)
		client := helpdesk.Client{Phones: []string{mine}}
		if code == "EMAIL" {
			client = helpdesk.Client{Emails: []string{mine}}
		}
		if got := len(keysOf(client, region).match(contact, region)) > 0; got != want {
			t.Errorf("client %q, contact %q: found %v, want %v (%s)", mine, theirs, got, want, source)
		}
	}
	for _, p := range pairs(t, "phones.tsv") {
		check("PHONE", p[1], p[2], p[3], p[4], p[0] == "same")
		check("PHONE", p[1], p[3], p[2], p[4], p[0] == "same")
	}
	for _, p := range pairs(t, "emails.tsv") {
		check("EMAIL", "RU", p[1], p[2], p[3], p[0] == "same")
		check("EMAIL", "RU", p[2], p[1], p[3], p[0] == "same")
	}
}

func TestDraft_hasEachNumberAsAValue(t *testing.T) {
	d := draftOf(helpdesk.Client{
		Phones: []string{"8 999 123-45-67, 8 495 123-45-67 доб. 101", "+79991234567", "+7 916 111 22 3", "none"},
		Emails: []string{"Anna@Example.com; boris@example.com", "anna@example.com", "no address"},
	}, "RU")
	want := "+79991234567|+74951234567 доб. 101|+7 916 111 22 3|none / Anna@Example.com|boris@example.com|no address"
	if got := strings.Join(d.Phones, "|") + " / " + strings.Join(d.Emails, "|"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
