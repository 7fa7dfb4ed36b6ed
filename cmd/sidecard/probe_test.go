package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/blocks/blockstest/probe"
	"github.com/sidecard/sidecard/internal/route"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// probed is a service that runs with one block more.
type probed struct {
	*service
	t     *testing.T
	url   string
	probe *probe.Block
	redis *miniredis.Miniredis
}

func startProbed(t *testing.T) *probed {
	t.Helper()
	p := &probed{t: t, probe: probe.New("token-of-programs"), redis: miniredis.RunT(t)}
	c := good()
	c.blocks = append(c.blocks, p.probe) // the line in the list
	_, c.SealKeys = store.NewRing()
	c.RedisURL = "redis://" + p.redis.Addr()
	p.must(c.check())
	s, err := newService(t.Context(), c, c.logger())
	p.must(err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	p.service, p.url = s, "http://"+ln.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		p.must(<-ended)
		p.must(s.close())
	})
	return p
}

func (p *probed) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// ask sends a request and returns the answer's status and body.
func (p *probed) ask(method, path, token string, form url.Values) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(form.Encode()))
	p.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	p.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	p.must(err)
	return res.StatusCode, string(body)
}

// connected returns a tenant that has logged in, as an opened block makes it, and the address of its panel.
func (p *probed) connected() (t tenant.Tenant, panel string) {
	p.t.Helper()
	_, opened := p.ask("POST", "/api/", "", url.Values{"ticket_id": {"5"}, "client_id": {"55"}, "amo_base_host": {"example.amocrm.ru"}, "usedesk_api_token": {"tok"}})
	t, err := p.Tenants.FindOrCreate(p.t.Context(), tenant.Credential{AmoBase: "https://example.amocrm.ru", DeskToken: "tok"}, func() error { return nil })
	p.must(err)
	p.must(p.Tenants.Connected(p.t.Context(), t.ID, "integration", 1, "Example"))
	return t, panelPath.FindString(opened)
}

// until waits for what the service does by itself.
func (p *probed) until(what string, is func() bool) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// A block is its folder and one line in the list: the service serves, words, stores, works off, visits, exports and erases it.
func TestProbe_oneMoreBlockNeedsOneLine(t *testing.T) {
	p := startProbed(t)
	ctx := t.Context()
	company, panel := p.connected()
	p.must(p.probe.Choose(ctx, company.ID, probe.Settings{Greeting: "Call +7 912 345-67-89", Secret: "webhook-secret"}))

	if _, body := p.ask("GET", "/probe/hello?lang=uk", "", nil); body != "Привіт від проби" {
		t.Errorf("its text: %q", body)
	}
	if _, body := p.ask("GET", panel+"/probe", "", nil); !strings.Contains(body, "912 345-67-89") || !strings.Contains(body, panel+"/probe") {
		t.Errorf("its page, with a tab that leads to it:\n%s", body)
	}
	_, err := p.Tenants.Update(ctx, company.ID, func(t *tenant.Tenant) error { t.Settings.MaskPhones = true; return nil })
	p.must(err)
	if _, body := p.ask("GET", panel+"/probe", "", nil); strings.Contains(body, "912 345") {
		t.Errorf("the phone is not masked:\n%s", body)
	}
	for _, c := range []struct {
		path, token string
		want        int
	}{
		{"/api/probe/" + company.ID + "?client=55&ticket=5", "token-of-programs", http.StatusAccepted},
		{"/api/probe/" + company.ID, "another", http.StatusUnauthorized},
		{"/hooks/probe/" + company.ID + "/webhook-secret?client=56&ticket=6", "", http.StatusNoContent},
		{"/hooks/probe/" + company.ID + "/guess", "", http.StatusNotFound},
	} {
		if got, body := p.ask("POST", c.path, c.token, nil); got != c.want {
			t.Errorf("%s: %d, %s", c.path, got, body)
		}
	}
	p.until("its jobs are worked off", func() bool {
		part, err := p.probe.OfTenant(ctx, company.ID)
		p.must(err)
		jobs := part.Value.([]probe.Job)
		return len(jobs) == 2 && !slices.ContainsFunc(jobs, func(j probe.Job) bool { return !j.Steps.Handled })
	})
	p.until("its visits", func() bool {
		p.redis.FastForward(time.Second) // to when the members are listed again, this one among them
		n, _ := p.probe.Visits(ctx, company.ID)
		return n > 0
	})

	var out bytes.Buffer
	office := newOffice(p.service, &out, strings.NewReader(""), false)
	p.must((&tenantsExportCmd{}).do(ctx, office, company))
	if text := out.String(); !strings.Contains(text, `"greeting"`) || !strings.Contains(text, `"ClientID": 56`) || strings.Contains(text, "webhook-secret") {
		t.Errorf("exported:\n%s", text)
	}
	p.must((&tenantsEraseCmd{person: person{Client: 55}, Yes: true}).do(ctx, office, company))
	if part, err := p.probe.OfTenant(ctx, company.ID); err != nil || part.Count != 1 {
		t.Errorf("%d jobs are left of two persons', %v", part.Count, err)
	}
}

func TestProbe_itsMistakesAndRoutesAreThoseOfTheService(t *testing.T) {
	c := good()
	c.blocks = append(c.blocks, probe.New("short"))
	c.Addr = "8080"
	if err := c.check(); err == nil || !strings.Contains(err.Error(), "SIDECARD_PROBE_TOKEN:") || !strings.Contains(err.Error(), "SIDECARD_ADDR:") {
		t.Errorf("got %v, want both mistakes", err)
	}
	classes := map[route.Class]bool{}
	for _, r := range startProbed(t).mounted {
		classes[r.Class] = classes[r.Class] || strings.Contains(r.Path, "/probe")
	}
	for _, class := range []route.Class{route.Public, route.Panel, route.Webhook, route.Machine} {
		if !classes[class] {
			t.Errorf("no %s route", class)
		}
	}
}
