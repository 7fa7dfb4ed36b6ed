package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sidecard/sidecard/sandbox/amocrm"
	"github.com/sidecard/sidecard/sandbox/scenario"
	"github.com/sidecard/sidecard/sandbox/usedesk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, opts Options) *Sandbox {
	t.Helper()
	s, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Sandbox) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d, %v, %s", url, res.StatusCode, err, raw)
	}
	return string(raw)
}

// info is the part of /_sandbox/info that tests rely on.
type info struct {
	Token   string           `json:"usedesk_token"`
	Desk    string           `json:"usedesk_url"`
	Amo     string           `json:"amo_url"`
	Hosts   []string         `json:"amo_hosts"`
	Tickets map[string]int64 `json:"tickets"`
	Clients map[string]int64 `json:"clients"`
	CAFile  string           `json:"ca_file"`
	Rule    struct {
		URL  string         `json:"url"`
		Data map[string]any `json:"data"`
	} `json:"trigger_rule"`
	Accounts []struct {
		ID int64 `json:"id"`
	} `json:"accounts"`
	Integrations []struct {
		Redirect string `json:"redirect_uri"`
	} `json:"integrations"`
}

func infoAt(t *testing.T, url string) (v info) {
	t.Helper()
	if err := json.Unmarshal([]byte(fetch(t, url+"/_sandbox/info")), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStart_bothTellTheSameStory(t *testing.T) {
	s := start(t, Options{Addresses: Addresses{Amo: "127.0.0.1:0", Desk: "127.0.0.1:0"}, SidecarURL: "http://127.0.0.1:9"})
	s.Desk.SetRule("http://127.0.0.1:9/api/freeCreateLead?key=k")
	for _, url := range []string{s.AmoURL, s.DeskURL} {
		got := infoAt(t, url)
		if got.Token != scenario.DeskToken || got.Desk != s.DeskURL || got.Amo != s.AmoURL || len(got.Hosts) != 2 ||
			got.Rule.URL != "http://127.0.0.1:9/api/freeCreateLead?key=k" || got.Rule.Data["amoClientId"] != scenario.IntegrationID ||
			got.Tickets["known_one_deal"] == 0 || got.Clients["known_one_deal"] == 0 {
			t.Errorf("%s tells %+v", url, got)
		}
	}
	amo := infoAt(t, s.AmoURL)
	if len(amo.Accounts) != 2 || amo.Accounts[0].ID != scenario.HogwartsID {
		t.Errorf("accounts are %+v", amo.Accounts)
	}
	if len(amo.Integrations) == 0 || amo.Integrations[0].Redirect != "http://127.0.0.1:9"+CallbackPath {
		t.Errorf("integrations are %+v", amo.Integrations)
	}
}

func TestStart_secondAccountAnswersAtItsHost(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", ":0", "0.0.0.0:0"} {
		t.Run(addr, func(t *testing.T) {
			s := start(t, Options{Addresses: Addresses{Amo: addr, Desk: "127.0.0.1:0"}})
			if s.AmoHosts[0] == s.AmoHosts[1] || !strings.HasPrefix(s.AmoHosts[0], "127.0.0.1:") {
				t.Fatalf("hosts are %v", s.AmoHosts)
			}
			for _, host := range s.AmoHosts {
				infoAt(t, "http://"+host)
			}
		})
	}
}

func TestStart_otherHostsAreTheFirstAccounts(t *testing.T) {
	s := start(t, Options{Addresses: Addresses{Amo: "localhost:0", Desk: "127.0.0.1:0"}, OtherHosts: []string{"crm.test"}})
	for host, want := range map[string]int{"crm.test:1": http.StatusOK, "other.test": http.StatusNotFound} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.AmoURL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != want {
			t.Errorf("%s: %d, want %d (%v)", host, res.StatusCode, want, err)
		}
	}
}

func TestStart_renamedAccountIsReachedAtTheSpareHost(t *testing.T) {
	s := start(t, Options{Addresses: Addresses{Amo: "127.0.0.1:0", Desk: "127.0.0.1:0"}})
	if s.SpareHost == "" {
		t.Skip("this system answers on one loopback address only")
	}
	res, err := http.Post(s.AmoURL+"/_sandbox/rename", "application/json", strings.NewReader(`{"subdomain":"renamed"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var to struct {
		Host string `json:"host"`
	}
	if err := json.NewDecoder(res.Body).Decode(&to); err != nil || to.Host != s.SpareHost {
		t.Fatalf("renamed to %q, %v; want %s", to.Host, err, s.SpareHost)
	}
	if page := fetch(t, "http://"+s.SpareHost+"/"); !strings.Contains(page, "Hogwarts") {
		t.Errorf("the new host shows %.200s", page)
	}
	infoAt(t, "http://"+s.APIHost)
}

func TestStart_secondAccountFallsBackToLocalhost(t *testing.T) {
	// A port of 127.0.0.2 that is taken while the same one of 127.0.0.1 is free. Where there is no 127.0.0.2, any
	// port will do.
	port := "0"
	if taken, err := net.Listen("tcp", amocrm.SecondIP+":0"); err == nil {
		defer taken.Close()
		if _, port, err = net.SplitHostPort(taken.Addr().String()); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, Options{Addresses: Addresses{Amo: "127.0.0.1:" + port, Desk: "127.0.0.1:0"}})
	if want := strings.Replace(s.AmoHosts[0], "127.0.0.1", "localhost", 1); s.AmoHosts[1] != want {
		t.Errorf("hosts are %v, want %s", s.AmoHosts, want)
	}
}

func TestStart_takenAddressLeavesNothingRunning(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	amoAddr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Addresses: Addresses{Amo: amoAddr, Desk: taken.Addr().String()}}); err == nil || !strings.Contains(err.Error(), "Usedesk") {
		t.Fatalf("error is %v", err)
	}
	again, err := net.Listen("tcp", amoAddr)
	if err != nil {
		t.Fatalf("the other address is still taken: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestStart_stateIsKeptInTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for it")
	open := func() *Sandbox {
		s, err := Start(t.Context(), Options{Addresses: Addresses{Amo: "127.0.0.1:0", Desk: "127.0.0.1:0"}, DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	side := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer side.Close()
	s := open()
	s.Desk.SetRule(side.URL)
	ticket := infoAt(t, s.DeskURL).Tickets["unknown_client"]
	log := fmt.Sprintf("/tickets/%d/firings", ticket)
	res, err := http.Post(fmt.Sprintf("%s/tickets/%d/rules/%d", s.DeskURL, ticket, usedesk.DefaultRule), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for page := ""; !strings.Contains(page, "HTTP 202"); page = fetch(t, s.DeskURL+log) {
		if strings.Contains(page, `data-waiting="false"`) {
			t.Fatalf("the rule has run: %s", page)
		}
	}
	stop(t, s)
	s = open()
	defer stop(t, s)
	if page := fetch(t, s.DeskURL+log); strings.Count(page, `class="firing"`) != 1 || !strings.Contains(page, "HTTP 202") {
		t.Errorf("log after the restart is %s", page)
	}
}

func TestClose_cutsWhatDoesNotEnd(t *testing.T) {
	hang, called := make(chan struct{}), make(chan struct{})
	side := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(called); <-hang }))
	defer side.Close()
	defer close(hang)
	s, err := Start(t.Context(), Options{Addresses: Addresses{Amo: "127.0.0.1:0", Desk: "127.0.0.1:0"}, SidecarURL: side.URL})
	if err != nil {
		t.Fatal(err)
	}
	url := s.DeskURL + "/tickets/2265101/blocks/1"
	ended := make(chan error, 1)
	go func() {
		res, err := http.Get(url)
		if err == nil {
			err = res.Body.Close()
		}
		ended <- err
	}()
	<-called
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("the hanging request was answered")
	}
}
