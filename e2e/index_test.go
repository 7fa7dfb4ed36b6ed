package e2e

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
)

// wireContact is a contact as amoCRM tells of it.
type wireContact struct {
	ID     int64 `json:"id"`
	Fields []struct {
		Code   string `json:"field_code"`
		Values []struct {
			Value json.RawMessage `json:"value"`
			Enum  string          `json:"enum_code"`
		} `json:"values"`
	} `json:"custom_fields_values"`
}

// reachable are the contacts of the local amoCRM that have a phone or an e-mail address.
func (w *suite) reachable() map[int64]bool {
	w.T.Helper()
	out := map[int64]bool{}
	for page := 1; ; page++ {
		var answer struct {
			Embedded struct {
				Contacts []wireContact `json:"contacts"`
			} `json:"_embedded"`
		}
		if status := w.crm(fmt.Sprintf("/api/v4/contacts?limit=250&page=%d", page), &answer); status != http.StatusOK {
			return out
		}
		for _, c := range answer.Embedded.Contacts {
			for _, f := range c.Fields {
				for _, v := range f.Values {
					if digits := strings.Count(strings.Map(digitOnly, string(v.Value)), "0"); f.Code == "PHONE" && digits >= 5 || f.Code == "EMAIL" || f.Code == "IM" && v.Enum != "OTHER" {
						out[c.ID] = true
					}
				}
			}
		}
	}
}

func digitOnly(r rune) rune {
	if r >= '0' && r <= '9' {
		return '0'
	}
	return -1
}

// inIndex are the contacts of the index.
func inIndex(t *testing.T, redis *redis.Client) map[int64]bool {
	t.Helper()
	out := map[int64]bool{}
	for _, key := range redis.Keys(t.Context(), "sc:{*}:index:contact:*").Val() {
		for _, raw := range redis.HKeys(t.Context(), key).Val() {
			id, err := strconv.ParseInt(raw, 10, 64)
			if err != nil {
				t.Fatalf("%s holds %q", key, raw)
			}
			out[id] = true
		}
	}
	return out
}

// Two replicas have an index to build. One of them is killed at it, so is Redis, the account gets another name, contacts change, are
// made and deleted meanwhile. Nobody does anything, and the index is the account.
func TestIndex_endsAsTheAccountWhateverHappens(t *testing.T) {
	t.Parallel()
	w := connect(t, 2)
	admin := rig.Admin(t, w.RedisAddr())
	const pages = 16
	for page := range pages {
		var list []map[string]any
		for i := range 250 {
			list = append(list, phoned(fmt.Sprintf("8 (996) %03d-%02d-00", i, page)))
		}
		w.crmAdd("/api/v4/contacts", list)
	}
	state := func(name string) string {
		for _, key := range admin.Keys(t.Context(), "sc:{*}:index").Val() {
			return admin.HGet(t.Context(), key, name).Val()
		}
		return ""
	}
	reaches := func(page int) {
		t.Helper()
		rig.Eventually(t, 2*limit, fmt.Sprint("the scan is at page ", page), func() bool {
			at, _ := strconv.Atoi(state("page"))
			return at >= page
		})
	}
	var first struct {
		Embedded struct {
			Contacts []wireContact `json:"contacts"`
		} `json:"_embedded"`
	}
	w.crm("/api/v4/contacts?limit=5", &first)
	reaches(3)
	w.Processes[1].Kill()
	w.crmAdd("/api/v4/contacts", []map[string]any{phoned("+7 996 999-00-01")})
	w.Post(w.Info.Accounts[0].BaseURL+"/_sandbox/delete", map[string]any{"entity": "contacts", "id": first.Embedded.Contacts[0].ID})
	reaches(6) // the other one goes on
	w.RedisProcess.Kill()
	_, w.RedisProcess = rig.StartRedisAt(t, w.RedisDir, w.RedisAddr())
	turnsReady(t, w.Replicas[0])
	w.renamed(0, "renamed", "")
	w.Post(w.Info.Accounts[0].BaseURL+"/_sandbox/delete", map[string]any{"entity": "contacts", "id": first.Embedded.Contacts[1].ID})
	w.Processes[1] = w.Serve(w.Replicas[1])
	crowd := make([]map[string]any, 80)
	for i := range crowd {
		crowd[i] = phoned("+7 996 999-00-80")
	}
	w.crmAdd("/api/v4/contacts", crowd)
	turnsReady(t, w.Replicas[1])
	rig.Eventually(t, 2*limit, "the index is built", func() bool { return state("ready") == "1" })

	// What came after the scan is read when somebody needs it.
	panel := w.Panel(w.Replicas[1], w.Ticket("known_one_deal"), nil)
	looked := func(typed string) string {
		t.Helper()
		return html.UnescapeString(w.submit(panel+"/numbers", url.Values{"q": {typed}}))
	}
	if page := looked("8 996 9990001"); !strings.Contains(page, "+7 996 999-00-01") {
		t.Errorf("a contact that was made during the scan is not found:\n%s", page)
	}
	if page := looked("+7 996 000-00-00"); !strings.Contains(page, "8 (996) 000-00-00") {
		t.Errorf("a contact of the scan is not found:\n%s", page)
	}
	page := looked("79969990080")
	if n := strings.Count(page, "as +7 996 999-00-80"); n != 50 || !strings.Contains(page, "More contacts match") {
		t.Errorf("of 80 contacts on one line %d are shown, want the newest 50 and that there are more:\n%s", n, page)
	}
	if _, page := w.Get(http.DefaultClient, panel+"/numbers?shared=1000&wait=1"); !strings.Contains(html.UnescapeString(page), "+7 996 999-00-80") || !strings.Contains(page, "and 75 more") {
		t.Errorf("the line of 80 contacts is not listed:\n%s", page)
	}
	w.planned(admin)
	want := w.reachable()
	rig.Eventually(t, limit, "the index holds the account's contacts and no other", func() bool { return maps.Equal(inIndex(t, admin), want) })
	if len(want) < pages*250 {
		t.Errorf("only %d contacts: %v", len(want), slices.Sorted(maps.Keys(want))[:10])
	}
}

// phoned is a contact with a phone.
func phoned(phone string) map[string]any {
	return map[string]any{"name": "Somebody", "custom_fields_values": []any{
		map[string]any{"field_code": "PHONE", "values": []any{map[string]any{"value": phone, "enum_code": "WORK"}}}}}
}

// planned has the index visited at once.
func (w *suite) planned(admin *redis.Client) {
	ctx := w.T.Context()
	for _, tenant := range admin.ZRange(ctx, "sc:index:due", 0, -1).Val() {
		admin.ZAdd(ctx, "sc:index:due", redis.Z{Score: 0, Member: tenant})
	}
}
