package live

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/webhooks"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

var _ Changes = (*webhooks.Hub)(nil)

// fakeChanges hands out what a test tells.
type fakeChanges struct {
	missed []crm.Change

	mu        sync.Mutex
	tenant    string
	last      int
	listening map[int]func(crm.Change)
}

func (f *fakeChanges) Listen(_ context.Context, tenantID string, hear func(crm.Change)) (func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tenant, f.last = tenantID, f.last+1
	n := f.last
	f.listening[n] = hear
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.listening, n)
	}, nil
}

// tell hands a change to all who listen.
func (f *fakeChanges) tell(c crm.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, hear := range f.listening {
		hear(c)
	}
}

func (f *fakeChanges) Since(_ context.Context, tenantID string, _ time.Time) ([]crm.Change, error) {
	if tenantID != "t1" { // another tenant has missed nothing
		return nil, nil
	}
	return f.missed, nil
}

// listening opens a stream and gives its lines; end closes it.
func listening(t *testing.T, url string) (lines *bufio.Scanner, status int, end func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return bufio.NewScanner(res.Body), res.StatusCode, cancel
}

// until reads lines up to one that begins with prefix; false when the stream ends before.
func until(lines *bufio.Scanner, prefix string) bool {
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), prefix) {
			return true
		}
	}
	return false
}

func liveFixture(t *testing.T) (w *fixture, f *fakeChanges, base, id string) {
	t.Helper()
	w = newFixture(t)
	f = &fakeChanges{listening: map[int]func(crm.Change){}}
	w.h.Changes = f
	server := httptest.NewServer(w.e)
	t.Cleanup(server.Close)
	path := w.session(i18n.EN, helpdesk.Ticket{ID: 101})
	return w, f, server.URL + path, strings.TrimPrefix(path, "/blocks/amocrm/")
}

func TestChanges_tellsOnlyOfWhatIsShownAndNotOfOwnWrites(t *testing.T) {
	w, f, base, id := liveFixture(t)
	lines, status, _ := listening(t, base+"/changes?deals=12,13&contacts=7")
	if status != http.StatusOK || !until(lines, "event: hello") {
		t.Fatalf("status %d, no greeting", status)
	}
	for _, c := range []crm.Change{
		{Deals: []int64{99}, Contacts: []int64{12}}, // shown, but not as a contact
		{By: session.SessionPrint(id), Deals: []int64{12}},
	} {
		f.tell(c)
	}
	w.h.End() // with those two alone the stream has nothing to say
	if until(lines, "event: changed") {
		t.Error("told of what is not shown, or of the panel's own write")
	}
	if f.tenant != "t1" {
		t.Errorf("listened to %q", f.tenant)
	}
}

func TestChanges_whoNeverLoggedInTakesNoPlace(t *testing.T) {
	w, f, base, _ := liveFixture(t)
	w.grants.status.State = "none"
	if _, status, _ := listening(t, base+"/changes?deals=12"); status != http.StatusNoContent || f.tenant != "" {
		t.Errorf("status %d, listened to %q", status, f.tenant)
	}
}

func TestChanges_tellsOnceOfABurst(t *testing.T) {
	_, f, base, _ := liveFixture(t)
	lines, _, _ := listening(t, base+"/changes?deals=12&contacts=7")
	if !until(lines, "event: hello") {
		t.Fatal("no greeting")
	}
	for range 3 {
		f.tell(crm.Change{Deals: []int64{12}})
	}
	f.tell(crm.Change{By: "another session", Contacts: []int64{7}})
	if !until(lines, "event: changed") || !until(lines, "data: ") || !strings.Contains(lines.Text(), "This has changed in amoCRM.") {
		t.Fatalf("not told, last line %q", lines.Text())
	}
	f.tell(crm.Change{Deals: []int64{12}})
	if !until(lines, "event: changed") {
		t.Error("not told of the next change")
	}
}

func TestChanges_catchesUpWithWhatWasMissed(t *testing.T) {
	now := time.Now().UnixMilli()
	for name, c := range map[string]struct {
		since  int64
		missed []crm.Change
		want   bool
	}{
		"shown":         {now - 5000, []crm.Change{{Deals: []int64{12}}}, true},
		"not shown":     {now - 5000, []crm.Change{{Deals: []int64{99}}}, false},
		"nothing":       {now - 5000, nil, false},
		"too long ago":  {now - 3600_000, []crm.Change{{Deals: []int64{12}}}, false},
		"in the future": {now + 3600_000, []crm.Change{{Deals: []int64{12}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w, f, base, _ := liveFixture(t)
			f.missed = c.missed
			w.h.End()
			lines, _, _ := listening(t, base+"/changes?deals=12&since="+strconv.FormatInt(c.since, 10))
			if got := until(lines, "event: changed"); got != c.want {
				t.Errorf("told: %v", got)
			}
		})
	}
}

func TestChanges_boundedPerSessionAndEndsWithItsReader(t *testing.T) {
	w, f, base, _ := liveFixture(t)
	var end func()
	for range maxStreamsEach {
		lines, status, stop := listening(t, base+"/changes?deals=12")
		if status != http.StatusOK || !until(lines, "event: hello") {
			t.Fatalf("status %d", status)
		}
		end = stop
	}
	if _, status, _ := listening(t, base+"/changes?deals=12"); status != http.StatusNoContent {
		t.Errorf("one stream too many: %d", status)
	}
	end()
	for start := time.Now(); ; {
		lines, status, _ := listening(t, base+"/changes?deals=12")
		if status == http.StatusOK && until(lines, "event: hello") {
			break
		}
		if time.Since(start) > 5*time.Second {
			t.Fatal("a stream whose reader has left still counts")
		}
	}
	w.h.End()
	for start := time.Now(); ; {
		f.mu.Lock()
		left := len(f.listening)
		f.mu.Unlock()
		if left == 0 {
			return
		}
		if time.Since(start) > 5*time.Second {
			t.Fatalf("%d still listen after the end", left)
		}
	}
}

func TestChanges_nothingToWaitForIsNoContent(t *testing.T) {
	w, _, base, _ := liveFixture(t)
	path := base[strings.Index(base, "/blocks/"):]
	for name, c := range map[string]string{
		"nothing shown":   path + "/changes",
		"nonsense":        path + "/changes?deals=x,-1&contacts=",
		"expired session": "/blocks/amocrm/" + strings.Repeat("a", 22) + "/changes?deals=12",
		"no session":      "/blocks/amocrm/x/changes?deals=12",
	} {
		if rec := w.get(c); rec.Code != http.StatusNoContent {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	w.h.Changes = nil
	if rec := w.get(path + "/changes?deals=12"); rec.Code != http.StatusNoContent {
		t.Errorf("without news: %d", rec.Code)
	}
}
