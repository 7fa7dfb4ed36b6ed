package ledger

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func init() {
	conformance = append(conformance, []struct {
		name string
		run  func(t *testing.T, l bench)
	}{
		{"nobody's words lie open, and all are read again", wordsAreSealed},
		{"what an older version stored in the open is read and changed", formOneIsRead},
		{"what every try says again is one line", triesAreCounted},
		{"a long timeline keeps its beginning and its end", firstLinesStay},
	}...)
}

const canary = "Kanarienvogel +79995550199"

// stored is everything that lies in Redis: names of keys, and what is under them.
func (l bench) stored(t *testing.T) []string {
	t.Helper()
	var out []string
	err := l.db.Walk(t.Context(), "*", func(keys []string) error {
		for _, key := range keys {
			out = append(out, key)
			switch kind := l.db.Type(t.Context(), key).Val(); kind {
			case "string":
				out = append(out, l.db.Get(t.Context(), key).Val())
			case "hash":
				for f, v := range l.db.HGetAll(t.Context(), key).Val() {
					out = append(out, f, v)
				}
			case "list":
				out = append(out, l.db.LRange(t.Context(), key, 0, -1).Val()...)
			case "set":
				out = append(out, l.db.SMembers(t.Context(), key).Val()...)
			case "zset":
				out = append(out, l.db.ZRange(t.Context(), key, 0, -1).Val()...)
			default:
				t.Errorf("%s is a %s", key, kind)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wordsAreSealed(t *testing.T, l bench) {
	ctx := t.Context()
	r := firing(1, canary)
	r.Fields.Name, r.Comment = canary, canary
	problems := []Problem{{Path: "fields.name", Code: "x", Detail: "not " + canary, Params: map[string]string{"Given": canary}}}
	refused := Because("refused_deal", "", InWords("fields.name: not "+canary))
	a := mustAccept(t, l, r, "k")
	c := mustClaim(t, l, 1)[0]
	c.Steps.Candidates = []Candidate{{LeadID: 5, Name: canary, URL: "https://x/5"}}
	if err := l.Record(ctx, c, "wrote "+canary); err != nil {
		t.Fatal(err)
	}
	if err := l.Finish(ctx, c, outcome{State: StateFailed, Why: refused, Problems: problems}); err != nil {
		t.Fatal(err)
	}
	got := get(t, l, a.ID)
	if got.Why != refused || len(got.Problems) != 1 || got.Problems[0].Params["Given"] != canary || got.Steps.Candidates[0].Name != canary ||
		!slices.ContainsFunc(got.Timeline, func(x Line) bool { return x.Text == "wrote "+canary }) {
		t.Errorf("read as %+v", got)
	}
	if p, err := l.Inbox(ctx, "t1", query{Text: "kanarien"}); err != nil || len(p.Jobs) != 1 {
		t.Errorf("searched: %+v, %v", p.Jobs, err)
	}
	b := mustAccept(t, l, firing(2, "x"), "")
	if err := l.Drop(ctx, "t1", b.ID, canary); err != nil {
		t.Fatal(err)
	}
	if got := get(t, l, b.ID); got.Why != canary || got.Timeline[1].Text != Because("dropped", "", canary) {
		t.Errorf("dropped: %+v", got)
	}
	if _, _, err := l.Shelve(ctx, "t1", firing(3, canary), "", "because of "+canary); err != nil {
		t.Fatal(err)
	}
	if err := l.move(ctx, got, "t2"); err != nil {
		t.Fatal(err)
	}
	if moved, err := l.Get(ctx, "t2", a.ID); err != nil || moved.Why != refused || moved.Steps.Candidates[0].Name != canary ||
		len(moved.Timeline) != len(got.Timeline)+1 || moved.Timeline[1].Text != "wrote "+canary {
		t.Errorf("moved: %+v, %v", moved, err)
	}
	for _, v := range l.stored(t) {
		for _, open := range []string{"Kanarien", "9995550199", hex.EncodeToString([]byte("Kanarien")), base64.StdEncoding.EncodeToString([]byte("Kanarien"))[:10]} {
			if strings.Contains(v, open) {
				t.Errorf("lies open: %.200s", v)
			}
		}
	}
}

// formOneIsRead turns an entry into what version 1 would have stored.
func formOneIsRead(t *testing.T, l bench) {
	ctx := t.Context()
	a := mustAccept(t, l, firing(1, "x"), "")
	c := mustClaim(t, l, 1)[0]
	if err := l.Finish(ctx, c, outcome{State: StateFailed, Why: "x"}); err != nil {
		t.Fatal(err)
	}
	steps, err := json.Marshal(Steps{ClientID: 9, Candidates: []Candidate{{LeadID: 5, Name: canary}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.db.HSet(ctx, l.jobKey("t1", a.ID), "v", 1, "steps", steps, "why", "amoCRM refused the deal: "+canary,
		"problems", `[{"path":"fields.name","code":"x","detail":"not it"}]`).Err(); err != nil {
		t.Fatal(err)
	}
	lines := l.lineKey("t1", a.ID)
	if err := l.db.Del(ctx, lines).Err(); err != nil {
		t.Fatal(err)
	}
	if err := l.db.RPush(ctx, lines, "1700000000000 accepted", "1700000001000 accepted: amoCRM asks to slow down",
		"1700000002000 failed: v1 of "+canary).Err(); err != nil {
		t.Fatal(err)
	}
	got := get(t, l, a.ID)
	if got.V != 1 || got.Steps.ClientID != 9 || got.Steps.Candidates[0].Name != canary || got.Why != "amoCRM refused the deal: "+canary ||
		got.Problems[0].Detail != "not it" || len(got.Timeline) != 3 || got.Timeline[2].Text != "failed: v1 of "+canary ||
		!got.Timeline[1].At.Equal(time.UnixMilli(1700000001000)) {
		t.Fatalf("read as %+v", got)
	}
	if err := l.Adopt(ctx, "t1", a.ID, 5); err != nil {
		t.Fatal(err)
	}
	c = mustClaim(t, l, 1)[0]
	if err := l.Finish(ctx, c, outcome{State: StateAccepted, Why: whySlow}); err != nil {
		t.Fatal(err)
	}
	got = get(t, l, a.ID)
	if got.V != schema || got.Steps.LeadID != 5 || len(got.Timeline) != 5 || got.Timeline[4].Text != "=waits slow" {
		t.Errorf("changed to %+v", got)
	}
}

// waits settles a claim as one that waits.
func waits(t *testing.T, l bench, why Reason) {
	t.Helper()
	c := mustClaim(t, l, 1)
	if len(c) != 1 {
		t.Fatal("nothing is due")
	}
	if err := l.RecordAll(t.Context(), c, []Reason{"=sending_deal"}, false)[0]; err != nil {
		t.Fatal(err)
	}
	if err := l.Finish(t.Context(), c[0], outcome{State: StateAccepted, After: 10 * time.Millisecond, Why: why}); err != nil {
		t.Fatal(err)
	}
}

func triesAreCounted(t *testing.T, l bench) {
	const down = "=crm_down cause_answer:"
	a := mustAccept(t, l, firing(1, "x"), "")
	for i := range 40 {
		waits(t, l, Reason(fmt.Sprint(down, "500|Internal Server Error, number ", i))) // its words differ each time
		l.pass(20 * time.Millisecond)
	}
	waits(t, l, down+"502")
	got := get(t, l, a.ID)
	if len(got.Timeline) != 4 {
		t.Fatalf("%+v", got.Timeline)
	}
	for i, want := range []struct {
		text  Reason
		times int
	}{{textAccepted, 0}, {"=sending_deal", 41}, {"=waits crm_down cause_answer:500|Internal Server Error, number 39", 40},
		{"=waits crm_down cause_answer:502", 0}} {
		x := got.Timeline[i]
		if x.Text != want.text || x.Times != want.times || (x.Times > 1) != x.Last.After(x.At) {
			t.Errorf("line %d is %+v, want %+v", i, x, want)
		}
		if next := i == 3; x.Next.IsZero() == next || next && !x.Next.Equal(got.DueAt) {
			t.Errorf("line %d: the next try is at %s, want %s", i, x.Next, got.DueAt)
		}
	}
	// A person's retry begins anew.
	l.pass(20 * time.Millisecond)
	c := mustClaim(t, l, 1)[0]
	if err := l.Finish(t.Context(), c, outcome{State: StateFailed, Why: "=account_gone"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Retry(t.Context(), "t1", a.ID); err != nil {
		t.Fatal(err)
	}
	waits(t, l, down+"502")
	got = get(t, l, a.ID)
	if n := len(got.Timeline); n != 8 || got.Timeline[3].Times != 0 || got.Timeline[7].Text != "=waits crm_down cause_answer:502" || got.Timeline[7].Times != 0 {
		t.Errorf("%d lines: %+v", n, got.Timeline)
	}
}

func firstLinesStay(t *testing.T, l bench) {
	a := mustAccept(t, l, firing(1, "x"), "")
	c := mustClaim(t, l, 1)[0]
	for i := range 100 {
		if err := l.Record(t.Context(), c, Reason(fmt.Sprint("line ", i))); err != nil {
			t.Fatal(err)
		}
	}
	got := get(t, l, a.ID)
	if n := len(got.Timeline); n != maxLines+1 {
		t.Fatalf("%d lines", n)
	}
	gap := got.Timeline[linesFirst]
	if got.Timeline[0].Text != textAccepted || got.Timeline[linesFirst-1].Text != "line 8" || gap.LeftOut != 41 || gap.Text != "=left_out:41" ||
		got.Timeline[linesFirst+1].Text != "line 50" || got.Timeline[maxLines].Text != "line 99" {
		t.Errorf("%+v", got.Timeline)
	}
	if err := l.move(t.Context(), got, "t2"); err != nil {
		t.Fatal(err)
	}
	moved, err := l.Get(t.Context(), "t2", a.ID)
	if err != nil || len(moved.Timeline) != maxLines+1 || moved.Timeline[linesFirst].LeftOut != 42 || moved.Timeline[0].Text != textAccepted {
		t.Errorf("%+v, %v", moved.Timeline, err)
	}
}
