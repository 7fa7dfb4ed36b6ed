package rules

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
)

func TestExport_noCellIsAFormula(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"=HYPERLINK(\"https://evil.example\")": "'=HYPERLINK(\"https://evil.example\")", "+7 999": "'+7 999", "-1+cmd|' /C calc'!A0": "'-1+cmd|' /C calc'!A0",
		"@SUM(1)": "'@SUM(1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "\ttext": "'\ttext", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "  =1": "'  =1", "\u00a0=1": "'\u00a0=1",
		"": "", "plain, with \"quotes\"": "plain, with \"quotes\"", "a=b": "a=b", "2026-11-21": "2026-11-21", "Анна": "Анна",
	} {
		row := exportRow(jobs.Job{ID: "e1"}, given)
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		read, err := csv.NewReader(&b).Read()
		if err != nil || len(read) != len(exportHead) {
			t.Fatalf("%q: %v cells, %v", given, len(read), err)
		}
		if row[len(row)-1] != want {
			t.Errorf("%q is written as %q, want %q", given, row[len(row)-1], want)
		}
	}
}

// A reason of any form comes out of the file as one cell that no spreadsheet runs.
func FuzzExport(f *testing.F) {
	for _, reason := range []string{"=1+1", "\"a\",\n=b", "\r\n", "\x00=1", "＝1", " \t-1", "plain", "\xff=1"} {
		f.Add(reason)
	}
	f.Fuzz(func(t *testing.T, reason string) {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.Write(exportRow(jobs.Job{ID: "e1", Steps: jobs.Steps{LeadURL: reason}}, reason)); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != len(exportHead) {
			t.Fatalf("%q: %q, %v", reason, rows, err)
		}
		for _, cell := range rows[0] {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
				t.Errorf("%q is the cell %q", reason, cell)
			}
		}
	})
}
