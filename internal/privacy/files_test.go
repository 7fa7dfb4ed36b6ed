package privacy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/store"
)

// Each place alone first: what finds one place must not depend on another.
func TestErasePerson_fromEveryPlace(t *testing.T) {
	for name := range newHouse(t).places(somebody{}) {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			p := person(h.tenant("one").ID, 1)
			h.put(p, name)
			want := p.mark + name
			if slices.Contains(markless, name) {
				want = fmt.Sprint(p.contact)
			}
			if !strings.Contains(h.stored(), want) {
				t.Fatal("the test does not see what is stored")
			}
			if n := h.erase(p); n == 0 {
				t.Error("nothing went")
			}
			left := h.stored()
			for _, trace := range p.traces() {
				if i := strings.Index(left, trace); i >= 0 {
					t.Errorf("%q is left: …%.200s", trace, left[max(0, i-100):])
				}
			}
			if n := h.erase(p); n != 0 {
				t.Errorf("%d went the second time", n)
			}
		})
	}
}

func TestErasePerson_leavesOthersAlone(t *testing.T) {
	h := newHouse(t)
	one, two := h.tenant("one"), h.tenant("two")
	his, neighbour, stranger := person(one.ID, 1), person(one.ID, 2), person(two.ID, 3)
	twin := his // the same numbers in another company
	twin.tenant, twin.mark = two.ID, "TwinTwin"
	for _, p := range []somebody{his, neighbour, stranger, twin} {
		h.put(p)
	}
	h.erase(his)
	left := h.stored()
	for _, p := range []somebody{stranger, twin} {
		for name := range h.places(p) {
			if !slices.Contains(markless, name) && !strings.Contains(left, p.mark+name) {
				t.Errorf("%s of another tenant is gone", name)
			}
		}
	}
	for name := range h.places(neighbour) {
		fills := slices.Contains([]string{"first screen", "deal", "feed", "tasks", "name"}, name) // the cache goes, and fills again
		if !fills && !slices.Contains(markless, name) && !strings.Contains(left, neighbour.mark+name) {
			t.Errorf("%s of another person is gone", name)
		}
	}
	if links := h.DB.HGetAll(t.Context(), store.Key(one.ID, "links")).Val(); len(links) != 1 || links[fmt.Sprint(neighbour.client)] == "" {
		t.Errorf("links: %v", links)
	}
	if strings.Contains(left, his.mark) {
		t.Error("something of him is left")
	}
}

// A firing that waits makes no deal once its person is erased, even when a worker holds it; the one behind it goes on.
func TestErasePerson_whileFiringsWait(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	one := h.tenant("one")
	his, neighbour := person(one.ID, 1), person(one.ID, 2)
	h.put(his, "waiting")
	h.put(neighbour, "waiting")
	b, err := h.ledger.Claim(ctx, one.ID, 1)
	if err != nil || len(b.Jobs) != 1 || b.Jobs[0].Request.TicketID != his.ticket {
		t.Fatal(b, err)
	}
	found, err := h.Person(ctx, one.ID, his.client, []int64{his.ticket})
	if firings := found.Parts.Of("firings"); err != nil || firings.Count != 1 || firings.Undone != 1 || firings.Value.([]jobs.Job)[0].State != ledger.StateWorking {
		t.Fatalf("%+v, %v", firings, err)
	}
	if _, err := h.ErasePerson(ctx, found); err != nil {
		t.Fatal(err)
	}
	if err := h.ledger.Finish(ctx, b.Jobs[0], jobs.Outcome{State: ledger.StateDone, Why: ledger.Reason(his.mark)}); err == nil {
		t.Error("the worker stores its outcome")
	}
	if strings.Contains(h.stored(), his.mark) {
		t.Error("something of him is left")
	}
	if b, err = h.ledger.Claim(ctx, one.ID, 50); err != nil || len(b.Jobs) != 1 || b.Jobs[0].Request.TicketID != neighbour.ticket {
		t.Errorf("due afterwards: %+v, %v", b.Jobs, err)
	}
}

// A firing that nobody has worked on yet does not know its client; a block that was opened on its ticket does, and so does
// who names the ticket.
func TestPerson_isFoundByTicketsOfBlocksAndOfTheQuestion(t *testing.T) {
	for name, c := range map[string]struct {
		places  []string
		tickets []int64
		firings int
	}{
		"nothing tells":   {[]string{"waiting"}, nil, 0},
		"an opened block": {[]string{"waiting", "block"}, nil, 1},
		"a done firing":   {[]string{"waiting", "done"}, nil, 2},
		"the question":    {[]string{"waiting"}, []int64{person("", 1).ticket}, 1},
		"ticket 0":        {[]string{"waiting"}, []int64{0}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			p := person(h.tenant("one").ID, 1)
			h.put(p, c.places...)
			h.put(person(p.tenant, 2), "waiting", "block")
			got, err := h.Person(t.Context(), p.tenant, p.client, c.tickets)
			if n := got.Parts.Of("firings").Count; err != nil || n != c.firings {
				t.Errorf("%d firings, %v; want %d", n, err, c.firings)
			}
		})
	}
}

func TestExport_holdsEverythingButSecrets(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	one, two := h.tenant("one"), h.tenant("two")
	p, stranger := person(one.ID, 1), person(two.ID, 3)
	h.put(p)
	h.put(stranger)
	if !strings.Contains(h.stored(), secretIn+"refresh") || !strings.Contains(h.stored(), secretIn+"bot") {
		t.Fatal("the test does not see what is stored")
	}
	all, err := h.Export(ctx, one.ID)
	h.must(err)
	his, err := h.Person(ctx, one.ID, p.client, nil)
	h.must(err)
	for what, v := range map[string]any{"tenant": all, "person": his} {
		raw, err := json.Marshal(v)
		h.must(err)
		for name := range h.places(p) {
			if !slices.Contains(markless, name) && name != "form" && name != "place" && !strings.Contains(string(raw), p.mark+name) {
				t.Errorf("%s: %s is not exported", what, name)
			}
		}
		for _, secret := range []string{secretIn, one.TriggerKey, "v1.", stranger.mark, two.ID} {
			if i := strings.Index(string(raw), secret); i >= 0 {
				t.Errorf("%s: %q is exported: …%.200s", what, secret, raw[max(0, i-100):])
			}
		}
	}
}

func TestErase_leavesNothingOfATenantAndAllOfAnother(t *testing.T) {
	h, ctx := newHouse(t), t.Context()
	one, two := h.tenant("one"), h.tenant("two")
	p, stranger := person(one.ID, 1), person(two.ID, 3)
	h.put(p)
	h.put(stranger)
	if n, err := h.Erase(ctx, one.ID); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	left := h.stored()
	for _, trace := range append(p.traces(), one.ID, one.TriggerKey, secretIn+"desk-one", "Deal of one") {
		if i := strings.Index(left, trace); i >= 0 {
			t.Errorf("%q is left: …%.200s", trace, left[max(0, i-100):])
		}
	}
	for name := range h.places(stranger) {
		if !slices.Contains(markless, name) && !strings.Contains(left, stranger.mark+name) {
			t.Errorf("%s of another tenant is gone", name)
		}
	}
	for _, kept := range []string{two.TriggerKey, secretIn + "desk-two", secretIn + "refresh", "Deal of two"} {
		if !strings.Contains(left, kept) {
			t.Errorf("%q of another tenant is gone", kept)
		}
	}
	if n, err := h.Erase(ctx, one.ID); err != nil || n != 0 {
		t.Errorf("the second time: %d, %v", n, err)
	}
}
