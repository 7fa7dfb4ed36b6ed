package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

// accounts is how many amoCRM accounts a crowd has; more tenants than that share them.
const accounts = 1000

// crowd is a thousand amoCRM accounts and their helpdesk on one port of 127.0.0.0/8. Reads are answered as the local amoCRM
// and helpdesk answer them, each asked for once; writes are made up. So it costs next to nothing beside what is measured.
type crowd struct {
	w     *rig.World
	port  int
	token string
	leads atomic.Int64 // made so far

	mu    sync.Mutex
	known map[string]reply
	ids   atomic.Int64
	hooks sync.Map // bodies by destination
}

type reply struct {
	status int
	kind   string
	body   []byte
}

func newCrowd(b *testing.B, w *rig.World) *crowd {
	b.Helper()
	c := &crowd{w: w, token: newCRM(w, 0).token, known: map[string]reply{}}
	c.ids.Store(1_000_000)
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	c.port = ln.Addr().(*net.TCPAddr).Port
	srv := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	b.Cleanup(func() {
		_ = srv.Close() // its listener ends with it
		<-served
	})
	return c
}

// host is the address of account n.
func (c *crowd) host(n int) string {
	return fmt.Sprintf("127.1.%d.%d:%d", n%accounts/250, n%accounts%250+1, c.port)
}

func (c *crowd) hosts() string {
	all := make([]string, accounts)
	for i := range all {
		all[i] = c.host(i)
	}
	return strings.Join(all, ",")
}

// env points a replica at the crowd.
func (c *crowd) env() []string {
	desk := fmt.Sprintf("127.0.0.1:%d", c.port)
	return []string{"SIDECARD_EXTRA_AMO_HOSTS=" + c.hosts(), "SIDECARD_EXTRA_USEDESK_HOSTS=" + desk,
		"SIDECARD_USEDESK_API=http://" + desk + "/desk/", "SIDECARD_OPEN_TRIGGERS=false"}
}

func (c *crowd) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	var a reply
	switch path, desk := strings.CutPrefix(r.URL.Path, "/desk"); {
	case desk:
		a, err = c.desk(path, body)
	case r.URL.Path == "/api/v4/webhooks":
		a = c.hook(r, body)
	case r.Method == http.MethodGet:
		a, err = c.read(r.URL.RequestURI())
	default:
		a = c.write(r.URL.Path, body)
	}
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadGateway)
		return
	}
	out.Header().Set("Content-Type", a.kind)
	out.WriteHeader(a.status)
	_, _ = out.Write(a.body) // a reader who has gone
}

// desk answers as the local helpdesk does, whoever's token it is.
func (c *crowd) desk(path string, body []byte) (reply, error) {
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		return reply{}, err
	}
	in["api_token"] = c.w.Info.UsedeskToken
	body, err := json.Marshal(in)
	if err != nil {
		return reply{}, err
	}
	return c.once(path+string(body), func() (*http.Request, error) {
		req, err := http.NewRequest(http.MethodPost, c.w.Desk+path, bytes.NewReader(body))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
		}
		return req, err
	})
}

// read answers as the local amoCRM's first account does.
func (c *crowd) read(uri string) (reply, error) {
	return c.once(uri, func() (*http.Request, error) {
		req, err := http.NewRequest(http.MethodGet, c.w.Info.Accounts[0].BaseURL+uri, nil)
		if err == nil {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		return req, err
	})
}

// hook keeps each company's change hook, of which no two are the same.
func (c *crowd) hook(r *http.Request, body []byte) reply {
	if r.Method == http.MethodGet {
		held, ok := c.hooks.Load(r.URL.Query().Get("filter[destination]"))
		if !ok {
			return reply{status: http.StatusNoContent}
		}
		return reply{http.StatusOK, "application/hal+json", fmt.Appendf(nil, `{"_embedded":{"webhooks":[%s]}}`, held)}
	}
	var in struct {
		Destination string `json:"destination"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Destination == "" {
		return reply{http.StatusBadRequest, "text/plain", []byte("no destination")}
	}
	made := append([]byte(`{"id":1,"disabled":false,`), body[1:]...)
	c.hooks.Store(in.Destination, made)
	return reply{http.StatusCreated, "application/hal+json", made}
}

// once asks for what is not known yet, slowly enough for amoCRM's limit.
func (c *crowd) once(key string, ask func() (*http.Request, error)) (reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.known[key]; ok {
		return a, nil
	}
	req, err := ask()
	if err != nil {
		return reply{}, err
	}
	if req.Method == http.MethodGet {
		<-time.After(time.Second / 6)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	a := reply{status: res.StatusCode, kind: res.Header.Get("Content-Type")}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		return reply{}, err
	}
	if a.status < 300 || a.status == http.StatusNotFound {
		c.known[key] = a
	}
	return a, nil
}

// write makes up what was written: everything gets an id.
func (c *crowd) write(path string, body []byte) reply {
	var in []map[string]any
	if err := json.Unmarshal(body, &in); err != nil { // a webhook, a single change
		return reply{http.StatusOK, "application/json", []byte(`{"id":1}`)}
	}
	out := make([]map[string]any, len(in))
	for i, x := range in {
		out[i] = map[string]any{"id": c.ids.Add(1), "request_id": x["request_id"], "entity_id": x["entity_id"]}
	}
	var answer any = map[string]any{"_embedded": map[string]any{path[strings.LastIndexByte(path, '/')+1:]: out}}
	if strings.HasSuffix(path, "/leads/complex") {
		for _, x := range out {
			x["contact_id"], x["merged"] = c.ids.Add(1), false
			x["request_id"] = []any{x["request_id"]}
		}
		answer = out
		c.leads.Add(int64(len(out)))
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return reply{http.StatusInternalServerError, "text/plain", []byte(strconv.Quote(err.Error()))}
	}
	return reply{http.StatusOK, "application/json", raw}
}
