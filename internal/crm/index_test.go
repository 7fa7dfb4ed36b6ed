package crm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

const manyContacts = 100_000

// write makes or changes a contact in the local amoCRM and returns its id.
func write(t rapid.TB, a *crm.Account, id int64, phones, emails []string) int64 {
	t.Helper()
	in := amocrm.ContactInput{ID: amocrm.ID(id), Name: "Somebody"}
	for code, values := range map[string][]string{"PHONE": phones, "EMAIL": emails} {
		f := amocrm.FieldInput{FieldCode: code}
		for _, v := range values {
			f.Values = append(f.Values, amocrm.ValueInput{Value: v, EnumCode: "WORK"})
		}
		in.Fields = append(in.Fields, f)
	}
	if id != 0 {
		if err := a.API().UpdateContact(context.Background(), in); err != nil {
			t.Fatal(err)
		}
		return id
	}
	made, err := a.API().CreateContacts(context.Background(), []amocrm.ContactInput{in})
	if err != nil {
		t.Fatal(err)
	}
	return int64(made[0].ID)
}

// bin deletes a contact, which amoCRM's API can't.
func bin(t rapid.TB, a *crm.Account, id int64) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"entity": "contacts", "id": id})
	resp, err := http.Post(a.API().Base()+"/_sandbox/delete", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode >= 300 {
		t.Fatalf("delete contact %d: status %d, %v", id, resp.StatusCode, err)
	}
}

// fault sets a state of the local amoCRM.
func fault(t *testing.T, a *crm.Account, members string) {
	t.Helper()
	resp, err := http.Post(a.API().Base()+"/_sandbox/faults", "application/json", bytes.NewReader([]byte(members)))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode >= 300 {
		t.Fatalf("fault: status %d, %v", resp.StatusCode, err)
	}
}

// later is the account as another request sees it: nothing of it is known to be fresh.
func later(a *crm.Account) *crm.Account { return upTo(a, manyContacts) }

// upTo is it with another limit of its index.
func upTo(a *crm.Account, contacts int) *crm.Account {
	return crm.NewAccount(crm.Deps{DB: a.DB(), Cache: a.Cache(), Indexed: contacts}, a.Tenant(), a.API())
}

func visit(t rapid.TB, a *crm.Account) {
	t.Helper()
	if err := later(a).Index().Visit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func found(t rapid.TB, a *crm.Account, line string) []int64 {
	t.Helper()
	ids, whole, err := a.Index().Find(context.Background(), []string{line})
	if err != nil || !whole {
		t.Fatalf("find %s: whole %v, %v", line, whole, err)
	}
	slices.Sort(ids)
	return ids
}

func wantFound(t rapid.TB, a *crm.Account, line string, want ...int64) {
	t.Helper()
	if got := found(t, a, line); !slices.Equal(got, want) {
		t.Errorf("%s: found %v, want %v", line, got, want)
	}
}

func TestIndex_isBuiltAndKeptTrue(t *testing.T) {
	for _, filters := range []bool{true, false} {
		t.Run(fmt.Sprint("filters ", filters), func(t *testing.T) {
			a := crmtest.Sandbox(t)
			fault(t, a, fmt.Sprintf(`{"filter_on": %v}`, filters))
			before := write(t, a, 0, []string{"8 916 000-00-01, 8 916 000-00-02"}, []string{"First@Example.com"})
			if _, whole, err := a.Index().Find(t.Context(), []string{"79160000001"}); whole || err != nil {
				t.Errorf("an index that is not built answers: %v", err)
			}
			if ready, _, err := a.Index().Ready(t.Context(), time.Now()); ready || err != nil {
				t.Errorf("an index that is not built is ready: %v", err)
			}
			visit(t, a)
			wantFound(t, a, "79160000001", before)
			wantFound(t, a, "79160000002", before)
			wantFound(t, a, "first@example.com", before)

			after := write(t, a, 0, []string{"+7 916 000-00-02"}, nil)
			write(t, a, before, []string{"+7 916 000-00-03"}, []string{"first@example.com"})
			if ready, _, err := later(a).Index().Ready(t.Context(), time.Now()); !ready || err != nil {
				t.Fatalf("ready %v, %v", ready, err)
			}
			wantFound(t, a, "79160000001")
			wantFound(t, a, "79160000002", after)
			wantFound(t, a, "79160000003", before)

			bin(t, a, after)
			visit(t, a)
			wantFound(t, a, "79160000002")

			if err := a.Index().Add(t.Context(), before, []string{"79160000009"}, "RU"); err != nil {
				t.Fatal(err)
			}
			wantFound(t, a, "79160000009", before)
			wantFound(t, a, "first@example.com", before)
			if err := a.Index().Remove(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			wantFound(t, a, "first@example.com")
		})
	}
}

func TestIndex_equalsTheAccountAfterAnyHistory(t *testing.T) {
	a := crmtest.Sandbox(t)
	fault(t, a, `{"filter_on": false}`)
	lines := make([]string, 12)
	for i := range lines {
		lines[i] = fmt.Sprintf("7916000%04d", 100+i)
	}
	lines[0] = "791600010" // lacks two digits
	has := map[int64][]string{}
	made := []int64{1}
	rapid.Check(t, func(t *rapid.T) {
		ids := func() []int64 {
			var out []int64
			for id := range has {
				out = append(out, id)
			}
			slices.Sort(out)
			return out
		}
		some := func() []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(lines), 0, 4, rapid.ID[string]).Draw(t, "lines")
		}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 7).Draw(t, "what"); {
			case what <= 1 || len(has) == 0:
				mine := some()
				has[write(t, a, 0, mine, nil)] = mine
			case what <= 3:
				id, mine := rapid.SampledFrom(ids()).Draw(t, "id"), some()
				has[write(t, a, id, mine, nil)] = mine
			case what == 4:
				id := rapid.SampledFrom(ids()).Draw(t, "id")
				bin(t, a, id)
				delete(has, id)
			case what == 5:
				if _, _, err := later(a).Index().Ready(context.Background(), time.Now()); err != nil {
					t.Fatal(err)
				}
			case what == 6: // webhooks of any contacts, some twice, in any order
				told := rapid.SliceOfN(rapid.SampledFrom(append(ids(), made...)), 0, 6).Draw(t, "told")
				if err := a.Index().Doubt(context.Background(), told); err != nil {
					t.Fatal(err)
				}
			default:
				visit(t, a)
			}
			made = crm.NewestIDs(append(made, ids()...), 20) // deleted ones, too
		}
		visit(t, a)
		shared, unread := map[string]bool{}, crm.NewestIDs(crm.Filter(ids(), func(id int64) bool { return slices.Contains(has[id], lines[0]) }), manyContacts)
		for _, line := range lines {
			var want []int64
			for _, id := range ids() {
				if slices.Contains(has[id], line) {
					want = append(want, id)
				}
			}
			wantFound(t, a, line, want...)
			if len(want) > 1 {
				shared[fmt.Sprint(crm.NewestIDs(want, manyContacts))] = true
			}
		}
		got, _, err := a.Index().Unread(context.Background())
		got = crm.Filter(got, func(id int64) bool { _, ours := has[id]; return ours })
		if err != nil || !slices.Equal(got, unread) {
			t.Errorf("contacts with a phone that can't be read: %v, want %v, %v", got, unread, err)
		}
		lists, _, err := a.Index().Shared(context.Background())
		lists = crm.Filter(lists, func(list []int64) bool { _, ours := has[list[0]]; return ours })
		if err != nil || len(lists) != len(shared) {
			t.Errorf("lines of several: %v, want %v, %v", lists, shared, err)
		}
		for _, list := range lists {
			if !shared[fmt.Sprint(list)] {
				t.Errorf("%v have no line in common, want %v", list, shared)
			}
		}
	})
}

func TestIndex_scanGoesOnWhereItEnded(t *testing.T) {
	a := crmtest.Sandbox(t)
	var list []amocrm.ContactInput
	for i := range 250 {
		list = append(list, amocrm.ContactInput{Name: "Somebody", Fields: []amocrm.FieldInput{{FieldCode: "PHONE",
			Values: []amocrm.ValueInput{{Value: fmt.Sprintf("+7 916 100-%04d", i), EnumCode: "WORK"}}}}})
	}
	for range 3 {
		if _, err := a.API().CreateContacts(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	fault(t, a, `{"replace": true, "status": 503, "routes": ["/api/v4/events"]}`)
	if err := later(a).Index().Visit(t.Context()); err == nil {
		t.Fatal("the scan did not notice that amoCRM failed")
	}
	fault(t, a, `{"replace": true, "html_403": true, "routes": ["/api/v4/contacts"]}`)
	if err := later(a).Index().Visit(t.Context()); err == nil {
		t.Fatal("the scan did not notice that amoCRM failed")
	}
	fault(t, a, `{"replace": true, "filter_on": true}`)
	visit(t, a)
	if got := found(t, a, "79161000249"); len(got) != 3 {
		t.Errorf("found %v, want three", got)
	}
}

func TestIndex_isBounded(t *testing.T) {
	a := crmtest.Sandbox(t)
	write(t, a, 0, []string{"+7 916 000-00-01"}, nil)
	for range 2 {
		if err := upTo(a, 1).Index().Visit(t.Context()); !errors.Is(err, crm.ErrIndexOver) {
			t.Fatalf("an account above its limit: %v", err)
		}
	}
	if _, whole, err := a.Index().Find(t.Context(), []string{"79160000001"}); whole || err != nil {
		t.Errorf("it answers all the same: %v", err)
	}
	visit(t, a) // with a higher limit
	if got := found(t, a, "79160000001"); len(got) != 1 {
		t.Errorf("found %v", got)
	}
	var phones []string
	for i := range 500 {
		phones = append(phones, fmt.Sprintf("+7 916 200-%04d", i))
	}
	id := write(t, a, 0, phones, nil)
	visit(t, a)
	wantFound(t, a, "79162000000", id)
}

func TestIndex_hooksTellOfWhatIsGone(t *testing.T) {
	a := crmtest.Sandbox(t)
	id := write(t, a, 0, []string{"+7 916 000-00-01"}, nil)
	visit(t, a)
	bin(t, a, id)
	if err := a.Changed(t.Context(), crm.Change{Contacts: []int64{id, 12345}}); err != nil {
		t.Fatal(err)
	}
	fault(t, a, `{"replace": true, "status": 503, "routes": ["/api/v4/events"]}`) // the list of what happened is not there
	if err := later(a).Index().Visit(t.Context()); err == nil {
		t.Error("the visit did not notice that amoCRM failed")
	}
	wantFound(t, a, "79160000001")
}

func TestIndex_visitsSideBySideEndAsOne(t *testing.T) {
	a := crmtest.Sandbox(t)
	id := write(t, a, 0, []string{"+7 916 000-00-01"}, []string{"first@example.com"})
	var visits errgroup.Group
	for range 4 {
		visits.Go(func() error { return later(a).Index().Visit(context.Background()) })
	}
	if err := visits.Wait(); err != nil {
		t.Fatal(err)
	}
	wantFound(t, a, "79160000001", id)
	wantFound(t, a, "first@example.com", id)
}

func TestIndex_isBuiltAnewForAnotherRegion(t *testing.T) {
	a := crmtest.Sandbox(t)
	id := write(t, a, 0, []string{"0671234567"}, nil)
	visit(t, a)
	wantFound(t, a, "380671234567")
	there := a.Tenant()
	there.Settings.Region = "UA"
	a = crm.NewAccount(crm.Deps{DB: a.DB(), Cache: a.Cache(), Indexed: manyContacts}, there, a.API())
	if _, whole, err := a.Index().Find(t.Context(), []string{"380671234567"}); whole || err != nil {
		t.Errorf("an index of another region answers: %v", err)
	}
	visit(t, a)
	wantFound(t, a, "380671234567", id)
}

func TestIndex_personLeavesIt(t *testing.T) {
	a := crmtest.Sandbox(t)
	id := write(t, a, 0, []string{"+7 916 000-00-01"}, nil)
	visit(t, a)
	if err := a.Memory().Link(t.Context(), 55, id); err != nil {
		t.Fatal(err)
	}
	kept, err := a.Memory().Data(t.Context(), 55, nil)
	if err != nil || !slices.Equal(kept.Indexed, []int64{id}) {
		t.Fatalf("%+v, %v", kept, err)
	}
	if removed, err := a.Memory().Erase(t.Context(), 55, kept); err != nil || removed < 2 {
		t.Errorf("removed %d, %v", removed, err)
	}
	wantFound(t, a, "79160000001")
}

func TestIndex_switchedOffIsNotUsed(t *testing.T) {
	a := crmtest.Sandbox(t)
	id := write(t, a, 0, []string{"+7 916 000-00-01"}, nil)
	visit(t, a)
	off := upTo(a, 0).Index()
	if _, whole, err := off.Find(t.Context(), []string{"79160000001"}); whole || err != nil {
		t.Errorf("it answers: %v", err)
	}
	if ready, _, err := off.Ready(t.Context(), time.Now()); ready || err != nil {
		t.Errorf("it is ready: %v", err)
	}
	if err := errors.Join(off.Visit(t.Context()), off.Add(t.Context(), id, []string{"79160000002"}, "RU"), off.Remove(t.Context(), id), off.Doubt(t.Context(), []int64{id})); err != nil {
		t.Fatal(err)
	}
	if got := found(t, a, "79160000001"); !slices.Equal(got, []int64{id}) {
		t.Errorf("it was changed: %v", got)
	}
}

// An import fills seconds: what changes later in the second of the last read is read all the same, wherever it stands in it.
func TestIndex_changesInTheSecondOfTheLastRead(t *testing.T) {
	a := crmtest.Sandbox(t)
	before := write(t, a, 0, nil, nil)
	visit(t, a)
	ready := func() {
		t.Helper()
		if ready, _, err := later(a).Index().Ready(t.Context(), time.Now()); !ready || err != nil {
			t.Fatalf("not ready: %v", err)
		}
	}
	for name, of := range map[string]func(imported int64) int64{
		"one of before the import": func(int64) int64 { return before },
		"one of the import":        func(imported int64) int64 { return imported },
	} {
		t.Run(name, func(t *testing.T) {
			for try := range 20 {
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
				made, err := a.API().CreateContacts(t.Context(), slices.Repeat([]amocrm.ContactInput{{Name: "Imported"}}, 120))
				if err != nil {
					t.Fatal(err)
				}
				ready()
				id := of(int64(made[119].ID))
				line := fmt.Sprintf("7916%07d", id%1000*1000+int64(try))
				write(t, a, id, []string{"+" + line}, nil)
				ready()
				if got := found(t, a, line); !slices.Equal(got, []int64{id}) {
					t.Fatalf("found %v, want %d", got, id)
				}
				began, err := a.Contact(t.Context(), int64(made[0].ID))
				if err != nil {
					t.Fatal(err)
				}
				if ended, err := a.Contact(t.Context(), id); err != nil || began.UpdatedAt == ended.UpdatedAt {
					return
				}
				write(t, a, id, nil, nil) // it took longer than a second: once more
			}
			t.Log("each took longer than a second, so the second of the last read was always over")
		})
	}
}

// A contact with more values than anybody has, and values longer than any phone.
func TestIndex_hugeContacts(t *testing.T) {
	a := crmtest.Sandbox(t)
	phones := make([]string, 500)
	for i := range phones {
		phones[i] = fmt.Sprintf("+7 916 200-%04d", i)
	}
	many := write(t, a, 0, phones, nil)
	long := write(t, a, 0, []string{"+7 916 300-00-01 " + strings.Repeat("x", 10_000), strings.Repeat("9", 10_000)}, []string{strings.Repeat("a", 10_000) + "@example.com"})
	visit(t, a)
	for i := range phones {
		wantFound(t, a, fmt.Sprintf("7916200%04d", i), many)
	}
	wantFound(t, a, "79163000001", long)
	if unread, _, err := a.Index().Unread(t.Context()); err != nil || !slices.Contains(unread, long) {
		t.Errorf("not listed as one that can't be read: %v, %v", unread, err)
	}
	bin(t, a, many)
	visit(t, a)
	wantFound(t, a, "79162000499")
}
