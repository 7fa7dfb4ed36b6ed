package rig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// SealKey is what the replicas are configured with.
const SealKey = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// SandboxAside gives the sandboxes only the processor time that nobody else wants: they stand for other people's machines.
var SandboxAside bool

// World is a sandbox, a Redis and some replicas of the service.
type World struct {
	T            testing.TB
	Amo          string // base URL of the local amoCRM
	Desk         string
	Redis        string
	RedisDir     string   // where Redis keeps its files
	Replicas     []string // base URLs
	Processes    []*Process
	RedisProcess *Process
	Info         Info
}

// Info is what the sandbox tells of itself.
type Info struct {
	Accounts []struct {
		ID      int64  `json:"id"`
		Host    string `json:"host"`
		BaseURL string `json:"base_url"`
	} `json:"accounts"`
	Integrations []struct {
		ID          string `json:"id"`
		Secret      string `json:"secret"`
		RedirectURI string `json:"redirect_uri"`
	} `json:"integrations"`
	APIHost      string           `json:"amo_api_host"`   // amoCRM's own, which tells where an account lives
	SpareHost    string           `json:"amo_spare_host"` // of an account that gets renamed
	UsedeskToken string           `json:"usedesk_token"`
	Tickets      map[string]int64 `json:"tickets"`
}

// New starts everything; extra are further environment variables of the replicas ("NAME=value").
func New(t testing.TB, replicas int, extra ...string) *World {
	t.Helper()
	w := &World{T: t, RedisDir: t.TempDir(), Amo: "http://" + FreeAddr(t), Desk: "http://" + FreeAddr(t)}
	w.Redis, w.RedisProcess = StartRedis(t, w.RedisDir)
	for range replicas {
		w.Replicas = append(w.Replicas, "http://"+FreeAddr(t))
	}
	return w.start("", extra...)
}

// Stored starts a world at addresses of its own, which a stored state names, with the state of the sandboxes in dir. load is
// called with the Redis before anything uses it.
func Stored(t testing.TB, dir string, load func(redis *redis.Client), extra ...string) *World {
	t.Helper()
	w := &World{T: t, RedisDir: t.TempDir(), Amo: "http://127.0.0.1:28461", Desk: "http://127.0.0.1:28462", Replicas: []string{"http://127.0.0.1:28460"}}
	if Answers(w.Amo + "/_sandbox/info") {
		t.Fatalf("%s is another program's already: of a test run that was broken off?", w.Amo)
	}
	w.Redis, w.RedisProcess = StartRedis(t, w.RedisDir)
	load(Admin(t, w.RedisAddr()))
	return w.start(dir, extra...)
}

// start starts the sandboxes, with their state in data unless that is "", and the replicas.
func (w *World) start(data string, extra ...string) *World {
	t := w.T
	t.Helper()
	sandbox := []string{Binary, "sandbox", "--amo", strings.TrimPrefix(w.Amo, "http://"), "--desk", strings.TrimPrefix(w.Desk, "http://"),
		"--sidecar", w.Replicas[0], "--data", data}
	if SandboxAside {
		sandbox = append([]string{"nice", "-n", "19"}, sandbox...)
	}
	Start(t, nil, sandbox[0], sandbox[1:]...)
	Eventually(t, time.Minute, "the sandbox answers", func() bool { return Answers(w.Amo + "/_sandbox/info") })
	w.GetJSON(w.Amo+"/_sandbox/info", &w.Info)
	for _, base := range w.Replicas {
		w.Processes = append(w.Processes, w.Serve(base, extra...))
	}
	for _, base := range w.Replicas {
		Eventually(t, time.Minute, "replica is ready", func() bool { return Answers(base + "/readyz") })
	}
	return w
}

// Serve starts one replica.
func (w *World) Serve(base string, extra ...string) *Process {
	return w.ServeBy(Binary, base, extra...)
}

// ServeBy starts one replica of a program.
func (w *World) ServeBy(program, base string, extra ...string) *Process {
	env := append(w.Env(), "SIDECARD_ADDR="+strings.TrimPrefix(base, "http://"))
	p := Start(w.T, append(env, extra...), program, "serve")
	p.secrets = w.Secrets
	return p
}

// Env configures a replica of this world.
func (w *World) Env() []string {
	return []string{
		"SIDECARD_PUBLIC_URL=" + w.Replicas[0],
		"REDIS_URL=" + w.Redis,
		"SIDECARD_SEAL_KEYS=" + SealKey,
		"AMO_CLIENT_ID=" + w.Info.Integrations[0].ID,
		"AMO_CLIENT_SECRET=" + w.Info.Integrations[0].Secret,
		"SIDECARD_EXTRA_AMO_HOSTS=" + strings.Join(w.amoHosts(), ","),
		"SIDECARD_EXTRA_USEDESK_HOSTS=" + strings.TrimPrefix(w.Desk, "http://"),
		"SIDECARD_USEDESK_API=" + w.Desk + "/",
		"SIDECARD_HELPDESK_ORIGINS=" + w.Desk,
		"SIDECARD_OPEN_TRIGGERS=true",
		"SIDECARD_LOG_LEVEL=debug",
	}
}

// amoHosts are the hosts of the local amoCRM, also after an account was renamed.
func (w *World) amoHosts() []string {
	hosts := []string{strings.TrimPrefix(w.Amo, "http://"), w.Info.APIHost, w.Info.SpareHost}
	for _, a := range w.Info.Accounts {
		hosts = append(hosts, a.Host)
	}
	return slices.DeleteFunc(hosts, func(host string) bool { return host == "" })
}

// read returns an answer with its body, which it closes; err is of the request.
func (w *World) read(res *http.Response, err error) (*http.Response, []byte) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.T.Fatal(err)
	}
	return res, body
}

func (w *World) GetJSON(url string, into any) {
	w.T.Helper()
	res, body := w.read(w.client().Get(url))
	if err := json.Unmarshal(body, into); err != nil {
		w.T.Fatalf("GET %s: %d, no JSON: %v\n%s", url, res.StatusCode, err, body)
	}
}

// Post sends JSON and returns status and body.
func (w *World) Post(url string, body any, headers ...string) (int, []byte) {
	w.T.Helper()
	raw, ok := body.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			w.T.Fatal(err)
		}
	}
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		w.T.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, answer := w.read(w.client().Do(req))
	return res.StatusCode, answer
}

// Fault sets a fault of the local amoCRM.
func (w *World) Fault(f map[string]any) {
	w.T.Helper()
	if status, body := w.Post(w.Amo+"/_sandbox/faults", f); status >= 300 {
		w.T.Fatalf("fault %v: %d %s", f, status, body)
	}
}

// Stats are the counters of the local amoCRM.
type Stats struct {
	Total    int `json:"total_requests"`
	Max      int `json:"max_in_sliding_second"`
	Refresh  int `json:"refreshes"`
	Reused   int `json:"reused_refresh_tokens"`
	Contacts int `json:"contacts_created"`
	Leads    int `json:"leads_created"`
	Notes    int `json:"notes_created"`
	Limited  int `json:"rate_limited"`
}

func (w *World) Stats() Stats {
	w.T.Helper()
	var s Stats
	w.GetJSON(w.Amo+"/_sandbox/stats", &s)
	return s
}

// deskTicket asks the helpdesk for a ticket's subject and client.
func (w *World) deskTicket(id int64) (subject string, client int64) {
	w.T.Helper()
	status, body := w.Post(w.Desk+"/ticket", map[string]any{"api_token": w.Info.UsedeskToken, "ticket_id": id})
	var t struct {
		Ticket struct {
			Subject  string `json:"subject"`
			ClientID int64  `json:"client_id,string"`
		} `json:"ticket"`
	}
	if err := json.Unmarshal(body, &t); err != nil {
		w.T.Fatalf("helpdesk ticket %d: %d %v %s", id, status, err, body)
	}
	return t.Ticket.Subject, t.Ticket.ClientID
}

// Phone is one of a client's in a block request.
type Phone struct {
	Phone string `json:"phone"`
	Type  string `json:"type"`
}

// BlockRequest is what the helpdesk's server posts for a ticket (usedesk.md §1.2).
func (w *World) BlockRequest(ticket int64, changes map[string]any) map[string]any {
	w.T.Helper()
	subject, clientID := w.deskTicket(ticket)
	_, body := w.Post(w.Desk+"/client", map[string]any{"api_token": w.Info.UsedeskToken, "client_id": clientID})
	var c []struct {
		Client struct {
			Name   string `json:"name"`
			Emails []struct {
				Email string `json:"email"`
			} `json:"emails"`
			Phones []Phone `json:"phones"`
		} `json:"client"`
	}
	if err := json.Unmarshal(body, &c); err != nil || len(c) != 1 {
		w.T.Fatalf("helpdesk client %d: %v %s", clientID, err, body)
	}
	emails := []string{}
	for _, e := range c[0].Client.Emails {
		emails = append(emails, e.Email)
	}
	req := map[string]any{
		"ticket_id": ticket, "subject": subject, "client_id": clientID, "channel_type": "email", "channel_id": 7,
		"client_data": map[string]any{
			"name": c[0].Client.Name, "emails": emails, "phones": slices.Concat([]Phone{}, c[0].Client.Phones),
			"social_services": []any{}, "addresses": []any{}, "messengers": []any{}, "sites": []any{},
		},
		"is_auto_load":  "1",
		"amo_base_host": w.Info.Accounts[0].BaseURL, "usedesk_api_token": w.Info.UsedeskToken, "language": "en",
	}
	for k, v := range changes {
		if v == nil {
			delete(req, k)
		} else {
			req[k] = v
		}
	}
	return req
}

// Open posts a block request and returns the HTML of the answer.
func (w *World) Open(base string, request any) string {
	w.T.Helper()
	status, body := w.Post(base+"/api/", request)
	var answer struct {
		HTML string `json:"html"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK || answer.HTML == "" {
		w.T.Fatalf("block: %d %v %s", status, err, body)
	}
	return answer.HTML
}

var frame = regexp.MustCompile(`<iframe[^>]*\ssrc="([^"]+)"`)

// Panel opens a ticket's block and returns the URL of its panel.
func (w *World) Panel(base string, ticket int64, changes map[string]any) string {
	w.T.Helper()
	m := frame.FindStringSubmatch(w.Open(base, w.BlockRequest(ticket, changes)))
	if m == nil {
		w.T.Fatal("no panel in the block's answer")
	}
	return html.UnescapeString(m[1])
}

// Get reads a page as a person's browser would.
func (w *World) Get(client *http.Client, url string) (int, string) {
	w.T.Helper()
	res, body := w.read(client.Get(url))
	return res.StatusCode, string(body)
}

// Login walks the OAuth login of a panel without a browser, start page, consent form, callback, and returns the page at
// its end.
func (w *World) Login(panel string) string {
	w.T.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.T.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: time.Minute}
	res, consent := w.read(client.Get(panel + "/login"))
	if !strings.HasPrefix(res.Request.URL.String(), w.Info.Accounts[0].BaseURL) {
		w.T.Fatalf("login leads to %s, expected amoCRM's consent page\n%s", res.Request.URL, consent)
	}
	action, fields := form(w.T, string(consent))
	to, err := res.Request.URL.Parse(action)
	if err != nil {
		w.T.Fatal(err)
	}
	res, done := w.read(client.PostForm(to.String(), fields))
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Request.URL.Path, "/oauth/callback") {
		w.T.Fatalf("login ended at %s with %d\n%s", res.Request.URL.Path, res.StatusCode, done)
	}
	return string(done)
}

var (
	formTag   = regexp.MustCompile(`(?s)<form[^>]*method="post"[^>]*>(.*?)</form>`)
	actionTag = regexp.MustCompile(`action="([^"]*)"`)
	inputTag  = regexp.MustCompile(`<input[^>]*>`)
	optionTag = regexp.MustCompile(`<option value="([^"]*)"`)
	selectTag = regexp.MustCompile(`(?s)<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>`)
	buttonTag = regexp.MustCompile(`<button[^>]*name="([^"]*)"[^>]*value="([^"]*)"`)
	attribute = func(tag, name string) string {
		if m := regexp.MustCompile(`\s` + name + `="([^"]*)"`).FindStringSubmatch(tag); m != nil {
			return html.UnescapeString(m[1])
		}
		return ""
	}
)

// form fills the first POST form of a page with its own values, the first choice of each list and its first button.
func form(t testing.TB, page string) (action string, fields url.Values) {
	t.Helper()
	m := formTag.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no form in the page:\n%s", page)
	}
	fields = url.Values{}
	for _, tag := range inputTag.FindAllString(m[1], -1) {
		if name := attribute(tag, "name"); name != "" {
			fields.Set(name, attribute(tag, "value"))
		}
	}
	for _, s := range selectTag.FindAllStringSubmatch(m[1], -1) {
		if o := optionTag.FindStringSubmatch(s[2]); o != nil {
			fields.Set(s[1], html.UnescapeString(o[1]))
		}
	}
	if b := buttonTag.FindStringSubmatch(m[1]); b != nil {
		fields.Set(b[1], b[2])
	}
	if a := actionTag.FindStringSubmatch(m[0]); a != nil {
		action = html.UnescapeString(a[1])
	}
	return action, fields
}

// Connected starts a world and logs its first tenant in.
func Connected(t testing.TB, replicas int, extra ...string) *World {
	t.Helper()
	w := New(t, replicas, extra...)
	w.Login(w.Panel(w.Replicas[0], w.Ticket("known_one_deal"), nil))
	return w
}

func (w *World) Ticket(scenario string) int64 {
	w.T.Helper()
	id, ok := w.Info.Tickets[scenario]
	if !ok {
		w.T.Fatalf("the sandbox has no ticket for scenario %q, it has %v", scenario, w.Info.Tickets)
	}
	return id
}

// SeedRule is the published rule's data for a ticket.
func (w *World) SeedRule(ticket int64, changes map[string]any) map[string]any {
	rule := map[string]any{
		"amoClientId": w.Info.Integrations[0].ID,
		"ticketId":    fmt.Sprint(ticket),
		"fields": map[string]any{
			"name": "gg", "price": 1, "status_id": 55524250, "pipeline_id": 6516490, "responsible_user_id": 9311182,
			"custom_fields_values": []any{
				map[string]any{"field_id": 1025541, "values": []any{map[string]any{"value": "asd"}}},
				map[string]any{"field_id": 1372537, "values": []any{map[string]any{"enum_id": 705377}}},
				map[string]any{"field_id": 1372539, "values": []any{map[string]any{"enum_id": 705381}, map[string]any{"enum_id": 705385}}},
			},
		},
		"comment": "4444",
	}
	maps.Copy(rule, changes)
	return rule
}
