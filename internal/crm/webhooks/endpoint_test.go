package webhooks

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/sidecard/sidecard/internal/crm"
)

func ownName(kind string, id int64, aspect string) string {
	return fmt.Sprint(kind, " ", id, " ", aspect)
}

func TestReceive_tellsWhatChanged(t *testing.T) {
	const mine = "&account[id]=7039099"
	for name, c := range map[string]struct {
		body   string
		own    map[string]string
		want   []crm.Change
		forgot int
	}{
		"a stage":               {body: "leads[status][0][id]=5&leads[status][0][modified_user_id]=9" + mine, want: []crm.Change{{Deals: []int64{5}}}},
		"deal and contact":      {body: "leads[update][0][id]=5&contacts[update][0][id]=6&leads[responsible][0][id]=5" + mine, want: []crm.Change{{Deals: []int64{5}, Contacts: []int64{6}}}},
		"deleted":               {body: "leads[delete]=5" + mine, want: []crm.Change{{Deals: []int64{5}}}},
		"a new deal":            {body: "leads[add][0][id]=5" + mine, want: []crm.Change{{Deals: []int64{5}}}, forgot: 1},
		"without account":       {body: "leads[status][0][id]=5", want: []crm.Change{{Deals: []int64{5}}}},
		"another account":       {body: "leads[status][0][id]=5&account[id]=1"},
		"account in the entity": {body: "leads[status][0][id]=5&leads[status][0][account_id]=1"},
		"nothing we know":       {body: "talk[add][0][talk_id]=5" + mine},
		"not readable":          {body: "%zz", forgot: 1},
		"too big":               {body: "leads[status][0][id]=5&x=" + strings.Repeat("x", maxBody), forgot: 1},
		"own comment": {
			body: "leads[note][0][note][element_id]=5&leads[note][0][note][created_by]=501" + mine,
			own:  map[string]string{"leads 5 note": "me"}, want: []crm.Change{{By: "me", Deals: []int64{5}}},
		},
		"own new deal forgets nothing": {
			body: "leads[add][0][id]=5&leads[add][0][modified_user_id]=501" + mine,
			own:  map[string]string{"leads 5 data": "me"}, want: []crm.Change{{By: "me", Deals: []int64{5}}},
		},
		"somebody else's comment after ours": {
			body: "leads[note][0][note][element_id]=5&leads[note][0][note][created_by]=9" + mine,
			own:  map[string]string{"leads 5 note": "me"}, want: []crm.Change{{Deals: []int64{5}}},
		},
		"a stage after our comment": {
			body: "leads[status][0][id]=5&leads[status][0][modified_user_id]=501" + mine,
			own:  map[string]string{"leads 5 note": "me"}, want: []crm.Change{{Deals: []int64{5}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newHouse(t)
			w.sweep()
			if c.own != nil {
				w.reads.own = c.own
			}
			if rec := w.deliver(w.secret(), c.body); rec.Code != http.StatusOK || rec.Body.Len() != 0 {
				t.Errorf("answer %d %q", rec.Code, rec.Body)
			}
			if diff := cmp.Diff(c.want, w.reads.changes); diff != "" || w.reads.forgot != c.forgot {
				t.Errorf("forgot %d times, want %d; changes -want +got:\n%s", w.reads.forgot, c.forgot, diff)
			}
		})
	}
}

func TestReceive_unknownSecretLooksLikeAnyOther(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	right := w.deliver(w.secret(), "leads[status][0][id]=5")
	w.reads.changes = nil
	for _, secret := range []string{"wrong", strings.Repeat("a", 26), w.secret() + "x", w.secret()[1:], w.tenant, "%00"} {
		rec := w.deliver(secret, "leads[status][0][id]=5")
		if rec.Code != right.Code || rec.Body.String() != right.Body.String() || len(rec.Header()) != len(right.Header()) {
			t.Errorf("%q: %d %v, a right secret gives %d %v", secret, rec.Code, rec.Header(), right.Code, right.Header())
		}
	}
	if w.reads.changes != nil || w.reads.forgot != 0 {
		t.Errorf("wrong secrets changed %v", w.reads.changes)
	}
}

// untouched fails its test when it is read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("a stranger's body is read")
	return 0, io.EOF
}

func TestReceive_strangerCostsNextToNothing(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	e := echo.New()
	serve(e, w.s)
	before := w.redis.Dump()
	for name, secret := range map[string]string{"well-formed": strings.Repeat("a", 26), "of another shape": "wrong", "long": strings.Repeat("a", 8000)} {
		asked := w.redis.CommandCount()
		rec := httptest.NewRecorder()
		e.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, hookPath+secret, untouched{t}))
		if rec.Code != http.StatusOK || len(w.s.inbox) != 0 || w.s.waiting.Load() != 0 {
			t.Errorf("%s: answer %d, %d hooks and %d bytes wait", name, rec.Code, len(w.s.inbox), w.s.waiting.Load())
		}
		if n, most := w.redis.CommandCount()-asked, map[bool]int{true: 1}[name == "well-formed"]; n > most {
			t.Errorf("%s: Redis was asked %d times, want %d at most", name, n, most)
		}
	}
	if after := w.redis.Dump(); after != before {
		t.Errorf("strangers' hooks were stored:\n%s", after)
	}
}

func TestReceive_fullQueueStillAnswers(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	for range maxInbox {
		w.s.inbox <- hook{secret: "unknown", whole: true}
	}
	if rec := w.deliver(w.secret(), "leads[status][0][id]=5"); rec.Code != http.StatusOK || w.reads.changes != nil {
		t.Errorf("answer %d, %v with a full queue", rec.Code, w.reads.changes)
	}
}

// Who holds a right secret can't fill our memory either: of what is too much it is only known that something has changed.
func TestReceive_waitingBodiesAreBounded(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	e := echo.New()
	serve(e, w.s)
	body, kept := "leads[status][0][id]=5&x="+strings.Repeat("x", maxBody/2), 0
	for range maxInbox {
		rec := httptest.NewRecorder()
		e.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, hookPath+w.secret(), strings.NewReader(body)))
		if rec.Code != http.StatusOK {
			t.Fatalf("answer %d", rec.Code)
		}
	}
	for range maxInbox {
		h := <-w.s.inbox
		kept += len(h.raw)
		if len(h.raw) == 0 && h.whole {
			t.Fatal("a body that was let go counts as whole")
		}
		w.s.handle(h.secret, []hook{h})
	}
	if kept > inboxBytes || kept < inboxBytes/2 || w.s.waiting.Load() != 0 {
		t.Errorf("%d bytes waited, %d are still counted; want at most %d and 0", kept, w.s.waiting.Load(), inboxBytes)
	}
	if w.reads.forgot == 0 {
		t.Error("nothing was forgotten for the bodies that were let go")
	}
}

func TestReceive_whatComesTogetherIsToldOnce(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	for _, body := range []string{"leads[status][0][id]=5", "%zz", "leads[status][0][id]=6", "leads[status][0][id]=5", "leads[status][0][id]=7&account[id]=1"} {
		w.s.inbox <- hook{secret: w.secret(), raw: []byte(body), whole: true}
	}
	w.s.inbox <- hook{secret: "unknown", whole: true}
	for secret, hooks := range w.s.gather(<-w.s.inbox) {
		w.s.handle(secret, hooks)
	}
	if diff := cmp.Diff([]crm.Change{{Deals: []int64{5, 6}}}, w.reads.changes); diff != "" || w.reads.forgot != 1 || len(w.s.inbox) != 0 {
		t.Errorf("forgot %d times, want once for the one that nobody can read; %d are left; changes -want +got:\n%s", w.reads.forgot, len(w.s.inbox), diff)
	}
}

func TestSecret_liesNowhereInClear(t *testing.T) {
	w := newHouse(t)
	w.sweep()
	if dump := w.redis.Dump(); strings.Contains(dump, w.secret()) {
		t.Errorf("Redis holds the secret:\n%s", dump)
	}
}
