package amocrm

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecard/sidecard/sandbox/scenario"
)

const (
	testRedirect = "https://app.example.com/oauth/amocrm?keep=1"
	firstHost    = "127.0.0.1:8081"
	secondHost   = "127.0.0.2:8081"
)

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// twoAccounts is a small story with everything that the front needs.
func twoAccounts() scenario.World {
	return scenario.World{Accounts: []scenario.Account{
		{
			ID: 31000001, Name: "First & <Co>", Subdomain: "first", Country: "RU", Currency: "RUB", CurrencySign: "₽",
			Timezone: "Europe/Moscow", Language: "ru",
			Users: []scenario.User{
				{ID: 101, Name: "Anna Admin", Email: "anna@example.com", Admin: true},
				{ID: 102, Name: "Boris Plain", Email: "boris@example.com"},
				{ID: 103, Name: "Fedor Free", Email: "fedor@example.com", Free: true},
			},
			Pipelines: []scenario.Pipeline{{
				ID: 501, Name: "Sales", Main: true, UnsortedID: 600,
				Statuses: []scenario.Status{{ID: 601, Name: "First contact", Color: "#99ccff"}, {ID: 602, Name: "Talks", Color: "#fffeb2"}},
			}},
			LeadFields: []scenario.Field{
				{ID: 701, Name: "Source", Type: "select", Enums: []scenario.Enum{{ID: 711, Value: "Web"}}},
				{ID: 702, Name: "Start", Type: "date"}, {ID: 703, Name: "Urgent", Type: "checkbox"},
			},
			Contacts: []scenario.Contact{{ID: 201, Name: "Пётр <script>alert(1)</script>", Phones: []string{"+79990000001"}, Responsible: 101}},
			Leads: []scenario.Lead{{
				ID: 301, Name: "Fence & gate", Price: 22500, PipelineID: 501, StatusID: 601, Contacts: []int64{201}, Responsible: 101, Age: 5,
				Fields: []scenario.Value{
					{FieldID: 701, Values: []map[string]any{{"enum_id": 711}}},
					{FieldID: 702, Values: []map[string]any{{"value": 1542067200}}},
					{FieldID: 703, Values: []map[string]any{{"value": true}}},
				},
				Tags: []string{"vip"},
			}},
		},
		{
			ID: 31000002, Name: "Second", Subdomain: "second", Country: "RU", Currency: "RUB", CurrencySign: "₽",
			Timezone: "Europe/Moscow", Language: "ru",
			Users: []scenario.User{{ID: 111, Name: "Vera Admin", Email: "vera@example.com", Admin: true}},
			Pipelines: []scenario.Pipeline{{
				ID: 511, Name: "Sales", Main: true, UnsortedID: 610, Statuses: []scenario.Status{{ID: 611, Name: "New", Color: "#99ccff"}},
			}},
			Leads: []scenario.Lead{{ID: 311, Name: "Other deal", PipelineID: 511, StatusID: 611, Responsible: 111}},
		},
	}}
}

// bench is a Server under test on a real listener, reached by any Host header.
type bench struct {
	t   *testing.T
	s   *Server
	url string
	clk *clock
	web *http.Client // follows no redirect
}

// start runs a Server; change may alter its options.
func start(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	clk := &clock{t: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	opts := Options{Hosts: []string{firstHost, secondHost}, RedirectURI: testRedirect, Now: clk.now, HookTimeScale: 1e-6}
	if change != nil {
		change(&opts)
	}
	s, err := New(twoAccounts(), opts)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	b := &bench{t: t, s: s, url: srv.URL, clk: clk, web: &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(func() {
		srv.Close()
		b.web.CloseIdleConnections()
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// json decodes the body into a map.
func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.body, &m); err != nil {
		t.Fatalf("answer %d is no JSON object: %v\n%s", r.status, err, r.body)
	}
	return m
}

// try sends a request; the error is that of the connection.
func (b *bench) try(method, host, path string, body any, header ...string) (reply, error) {
	b.t.Helper()
	var rd io.Reader
	kind := "application/json"
	switch v := body.(type) {
	case nil:
	case url.Values:
		rd, kind = strings.NewReader(v.Encode()), "application/x-www-form-urlencoded"
	case string:
		rd = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			b.t.Fatal(err)
		}
		rd = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, b.url+path, rd)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Host = host
	if rd != nil {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.web.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, raw}, err
}

// do sends a request that must be answered.
func (b *bench) do(method, host, path string, body any, header ...string) reply {
	b.t.Helper()
	r, err := b.try(method, host, path, body, header...)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// api calls the first account with a token.
func (b *bench) api(method, path, token string, body any) reply {
	b.t.Helper()
	return b.do(method, firstHost, path, body, "Authorization", "Bearer "+token)
}

// control calls a control route, which must answer 200.
func (b *bench) control(method, path string, body any) map[string]any {
	b.t.Helper()
	r := b.do(method, firstHost, "/_sandbox/"+path, body)
	if r.status != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
	}
	return r.json(b.t)
}

// grant is a fresh token pair in the first account.
func (b *bench) grant() (access, refresh string) {
	b.t.Helper()
	g := b.control("POST", "grant", nil)
	return g["access_token"].(string), g["refresh_token"].(string)
}

// token asks the token endpoint of the first account.
func (b *bench) token(host string, fields map[string]string) reply {
	b.t.Helper()
	all := map[string]string{
		"client_id": scenario.IntegrationID, "client_secret": scenario.IntegrationSecret, "redirect_uri": testRedirect,
	}
	for k, v := range fields {
		all[k] = v
	}
	return b.do("POST", host, "/oauth2/access_token", all)
}

// refresh rotates in the first account.
func (b *bench) refresh(token string) reply {
	b.t.Helper()
	return b.token(firstHost, map[string]string{"grant_type": "refresh_token", "refresh_token": token})
}

// code is a fresh authorisation code for the first account.
func (b *bench) code() string {
	b.t.Helper()
	return b.control("POST", "code", nil)["code"].(string)
}

// wantStatus fails with the body at hand.
func wantStatus(t *testing.T, r reply, want int) {
	t.Helper()
	if r.status != want {
		t.Fatalf("status %d, want %d\n%s", r.status, want, r.body)
	}
}

// eventually polls for what another goroutine does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 5 s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
