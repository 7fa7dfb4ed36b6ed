package ledger

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"pgregory.net/rapid"

	"github.com/sidecard/sidecard/internal/store"
)

// modelEntry is what the ledger has to know about one firing, kept in the plainest way.
type modelEntry struct {
	id     string
	ticket int64
	state  State
	done   int    // how often it was settled as done
	claim  *Entry // the valid claim
	ends   time.Time
	due    time.Time
}

// TestLedger_anyOrderOfEvents drives the ledger with accepts, claims, crashes, lost answers, postponements, holds,
// releases and what people do in the inbox, in any order. No entry is lost, none is done twice, none is worked on while it
// is held, failed or dropped, no claim is given twice, no deal is two entries', and a ticket's entries keep order.
func TestLedger_anyOrderOfEvents(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + m.Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	l := typed{newLedger(db, testLease)}
	ctx := t.Context()

	rapid.Check(t, func(t *rapid.T) {
		m.FlushAll()
		now := time.Now().Truncate(time.Millisecond)
		m.SetTime(now)
		var model []*modelEntry // in order of acceptance or retry
		var stale []Entry       // claims that are no longer valid
		byID := map[string]*modelEntry{}
		owners := map[int64]string{} // of adopted deals
		pick := func(t *rapid.T) *modelEntry {
			var mine []*modelEntry
			for _, e := range model {
				if e.claim != nil {
					mine = append(mine, e)
				}
			}
			if len(mine) == 0 {
				t.Skip("nobody works")
			}
			return rapid.SampledFrom(mine).Draw(t, "entry")
		}
		end := func(t *rapid.T, o outcome) *modelEntry {
			e := pick(t)
			if err := l.Finish(ctx, *e.claim, o); err != nil {
				t.Fatalf("settle %s: %v", e.id, err)
			}
			stale, e.claim = append(stale, *e.claim), nil
			return e
		}
		person := func(t *rapid.T) inboxModel {
			return inboxModel{t, l, &model, owners, now}
		}
		t.Repeat(map[string]func(*rapid.T){
			"accept": func(t *rapid.T) {
				ticket := rapid.Int64Range(1, 3).Draw(t, "ticket")
				idem := rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(t, "idem")
				if idem != "" {
					idem = fmt.Sprint(idem, ticket)
				}
				e, existed, err := l.Accept(ctx, "t", firing(ticket, "x"), idem)
				if err != nil {
					t.Fatal(err)
				}
				if _, known := byID[e.ID]; known != existed {
					t.Fatalf("entry %s: known %v, existed %v", e.ID, known, existed)
				}
				if !existed {
					byID[e.ID] = &modelEntry{id: e.ID, ticket: ticket, state: e.State, due: now} // failed when it is a loop
					model = append(model, byID[e.ID])
				}
			},
			"claim": func(t *rapid.T) {
				b, err := l.Claim(ctx, "t", rapid.IntRange(1, 50).Draw(t, "n"))
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range b.Jobs {
					e := byID[c.ID]
					switch {
					case e.claim != nil && now.Before(e.ends):
						t.Fatalf("%s was given to two workers", c.ID)
					case e.state == StateHeld, e.ended():
						t.Fatalf("%s was claimed although %s", c.ID, e.state)
					case now.Before(e.due):
						t.Fatalf("%s was claimed too early", c.ID)
					}
					for _, earlier := range model {
						if earlier == e {
							break
						}
						inBatch := slices.ContainsFunc(b.Jobs, func(x Entry) bool { return x.ID == earlier.id })
						if earlier.ticket == e.ticket && !earlier.ended() && !inBatch {
							t.Fatalf("%s overtook %s of its ticket", c.ID, earlier.id)
						}
					}
					if e.claim != nil {
						stale = append(stale, *e.claim)
					}
					claim := c
					e.state, e.claim, e.ends = StateWorking, &claim, now.Add(testLease)
				}
				for _, e := range model {
					got, err := l.Get(ctx, "t", e.id)
					switch {
					case err != nil:
						t.Fatal(err)
					case e.claim == nil || got.claim == e.claim.claim:
					case now.Before(e.ends):
						t.Fatalf("%s was taken from its worker", e.id)
					default: // late, and queued again behind another firing of its ticket
						stale, e.claim, e.state, e.due = append(stale, *e.claim), nil, got.State, now
					}
				}
				for i := 1; i < len(b.Jobs); i++ {
					if b.Jobs[i-1].seq > b.Jobs[i].seq {
						t.Fatal("a claim is not in order of acceptance")
					}
				}
			},
			"time goes on": func(t *rapid.T) { // past a lease: a crash
				d := time.Duration(rapid.IntRange(1, 400).Draw(t, "ms")) * time.Millisecond
				now = now.Add(d)
				m.SetTime(now)
				m.FastForward(d)
			},
			"record": func(t *rapid.T) {
				e := pick(t)
				e.claim.Steps.NoteID++
				if err := l.Record(ctx, *e.claim, "step"); err != nil {
					t.Fatal(err)
				}
				e.ends = now.Add(testLease)
			},
			"late worker": func(t *rapid.T) {
				if len(stale) == 0 {
					t.Skip("none is late")
				}
				late := rapid.SampledFrom(stale).Draw(t, "late")
				if err := l.Record(ctx, late, ""); !errors.Is(err, ErrClaimLost) {
					t.Fatalf("record of a lost claim: %v", err)
				}
				o := outcome{State: rapid.SampledFrom([]State{StateDone, StateHeld, StateAccepted, StateFailed}).Draw(t, "to")}
				if err := l.Finish(ctx, late, o); !errors.Is(err, ErrClaimLost) {
					t.Fatalf("end of a lost claim: %v", err)
				}
			},
			"end": func(t *rapid.T) {
				e := end(t, outcome{State: StateDone})
				e.state = StateDone
				if e.done++; e.done > 1 {
					t.Fatalf("%s was done twice", e.id)
				}
			},
			"fail": func(t *rapid.T) {
				e := pick(t)
				if rapid.Bool().Draw(t, "twins") && e.claim.Steps.LeadID == 0 {
					e.claim.Steps.LeadIntent = &Intent{At: now}
					e.claim.Steps.Candidates = []Candidate{{LeadID: 1}, {LeadID: 2}, {LeadID: 3}}
				}
				if err := l.Finish(ctx, *e.claim, outcome{State: StateFailed, Why: "no"}); err != nil {
					t.Fatal(err)
				}
				stale, e.claim, e.state = append(stale, *e.claim), nil, StateFailed
			},
			"postpone": func(t *rapid.T) {
				d := time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond
				e := end(t, outcome{State: StateAccepted, After: d})
				e.state, e.due = StateAccepted, now.Add(d)
			},
			"hold": func(t *rapid.T) {
				e := end(t, outcome{State: StateHeld})
				got, err := l.Get(ctx, "t", e.id)
				if err != nil {
					t.Fatal(err)
				}
				e.state, e.due = got.State, now // accepted if a release came in between
			},
			"release": func(t *rapid.T) {
				held := 0
				for _, e := range model {
					got, err := l.Get(ctx, "t", e.id)
					if err != nil {
						t.Fatal(err)
					}
					if got.State == StateHeld {
						held, e.state, e.due = held+1, StateAccepted, now
					}
				}
				if n, err := l.Resume(ctx, "t"); err != nil || n != held {
					t.Fatalf("released %d of %d: %v", n, held, err)
				}
			},
			"retry":     func(t *rapid.T) { person(t).retry() },
			"retry all": func(t *rapid.T) { person(t).retryAll() },
			"edit":      func(t *rapid.T) { person(t).edit() },
			"drop":      func(t *rapid.T) { person(t).drop() },
			"adopt":     func(t *rapid.T) { person(t).adopt() },
			"make new":  func(t *rapid.T) { person(t).makeNew() },
			"": func(t *rapid.T) {
				c, err := l.Counts(ctx, "t")
				if err != nil || c.Accepted+c.Working+c.Held+c.Done+c.Failed+c.Dropped != len(model) {
					t.Fatalf("%d entries, counted %+v, %v", len(model), c, err)
				}
			},
		})
		// Whatever happened, everything can be brought to an end.
		if _, err := l.RestartAll(ctx, "t"); err != nil {
			t.Fatal(err)
		}
		for round := 0; ; round++ {
			if _, err := l.Resume(ctx, "t"); err != nil {
				t.Fatal(err)
			}
			now = now.Add(2 * testLease)
			m.SetTime(now)
			b, err := l.Claim(ctx, "t", 50)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range b.Jobs {
				if err := l.Finish(ctx, e, outcome{State: StateDone}); err != nil {
					t.Fatal(err)
				}
				byID[e.ID].done++
			}
			c, err := l.Counts(ctx, "t")
			if err != nil {
				t.Fatal(err)
			}
			if c.Waiting() == 0 {
				break
			}
			if round > len(model)+10 {
				t.Fatalf("entries are stuck: %+v", c)
			}
		}
		for _, e := range model {
			if e.done > 1 || (e.done == 0) != (e.state == StateDropped) {
				t.Fatalf("%s was done %d times, %s", e.id, e.done, e.state)
			}
		}
	})
}
