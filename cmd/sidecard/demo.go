package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/sandbox"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

type demoCmd struct {
	Ports    string `default:"8080,8081,8082" help:"Ports of the service, the local amoCRM and the local Usedesk."`
	Data     string `default:"data/demo" help:"Folder that keeps the state."`
	LogLevel string `default:"warn" enum:"debug,info,warn,error" help:"debug, info, warn or error."`
}

// Run serves the demo until the context ends.
func (cmd demoCmd) Run(ctx context.Context) error {
	ports, err := splitPorts(cmd.Ports)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:"+ports[0])
	if err != nil {
		return fmt.Errorf("--ports: %w", err)
	}
	public := "http://" + ln.Addr().String()
	sb, err := sandbox.Start(ctx, sandbox.Options{
		Addresses:     sandbox.Loopback(ports[1:]),
		SidecarURL:    public,
		DisconnectURI: public + "/oauth/disconnected",
		DataDir:       filepath.Join(cmd.Data, "sandbox"),
	})
	if err != nil {
		return errors.Join(fmt.Errorf("--ports: %w", err), ln.Close())
	}
	return errors.Join(cmd.serve(ctx, ln, public, sb), closeWithin(10*time.Second, sb.Close))
}

func (cmd demoCmd) serve(ctx context.Context, ln net.Listener, public string, sb *sandbox.Sandbox) error {
	c := newConfig()
	c.Addr, c.PublicURL, c.DataDir, c.LogLevel = ln.Addr().String(), public, cmd.Data, cmd.LogLevel
	c.AmoClientID, c.AmoClientSecret, c.ExtraAmoHosts = scenario.IntegrationID, scenario.IntegrationSecret, sb.ExtraHosts()
	c.UsedeskAPI, c.ExtraUsedeskHosts, c.HelpdeskOrigins = sb.DeskURL, []string{strings.TrimPrefix(sb.DeskURL, "http://")}, []string{sb.DeskURL}
	c.NoticePrivateHosts = true // so that a webhook can be tried on this machine
	c.rules.OpenTriggers()      // the published rule works as it stands; the demo listens on loopback only
	if err := c.check(); err != nil {
		return errors.Join(err, ln.Close())
	}
	s, err := newService(ctx, c, c.logger())
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	if err := s.openDemo(ctx, c, sb); err != nil {
		return errors.Join(err, ln.Close(), s.close())
	}

	fmt.Printf(`Sidecard demo is running.

  Helpdesk  %[1]s   open a ticket; the block on the right is Sidecard: press "Log in to amoCRM", then "Allow"
  amoCRM    %[2]s   see what was written: contacts, leads, notes
  Sidecard  %[3]s   the service itself; %[3]s/storybook shows every state of the block

  Rules     ACCEPTED WITHOUT A KEY when they name the integration, so that the published example works as it stands: whatever
            reaches %[3]s makes deals in the local amoCRM. The service itself does so with SIDECARD_OPEN_TRIGGERS=true only
  State     %[4]s (%[5]s)
  Stop      Ctrl+C

`, sb.DeskURL, sb.AmoURL, public, cmd.Data, stateWords(s.DB.Mode()))
	return errors.Join(s.run(ctx, ln), s.close())
}

// openDemo gives the helpdesk's rule the tenant's key, which it needs before anybody has opened a block, and adds the storybook.
func (s *service) openDemo(ctx context.Context, c *config, sb *sandbox.Sandbox) error {
	amoBase, err := c.amoHosts.Base(sb.AmoURL)
	if err != nil {
		return err
	}
	t, err := s.Tenants.Open(ctx, tenant.Credential{AmoBase: amoBase, DeskToken: scenario.DeskToken})
	if err != nil {
		return err
	}
	if err := s.Tenants.Expect(ctx, t.ID, scenario.IntegrationID); err != nil {
		return err
	}
	sb.Desk.SetRule(c.PublicURL + "/api/freeCreateLead?key=" + t.TriggerKey)
	return addStorybook(s.routes)
}

func stateWords(mode string) string {
	switch mode {
	case "memory":
		return "MEMORY ONLY: a restart forgets login and links; install redis-server to keep them"
	case "child":
		return "kept by a redis-server of its own"
	}
	return mode
}

// splitPorts reads a port of the service and one of each local system.
func splitPorts(s string) ([]string, error) {
	ports := strings.Split(s, ",")
	if n := 1 + len(sandbox.Names()); len(ports) != n {
		var example []string
		for i := range n {
			example = append(example, strconv.Itoa(8080+i))
		}
		count := []string{"", "one", "two", "three", "four", "five"}[n]
		return nil, fmt.Errorf("--ports: %q is not %s ports, expected such as %s", s, count, strings.Join(example, ","))
	}
	for i, p := range ports {
		ports[i] = strings.TrimSpace(p)
		if n, err := strconv.ParseUint(ports[i], 10, 16); err != nil || n > 65535 {
			return nil, fmt.Errorf("--ports: %q is no port, expected 0 to 65535", p)
		}
	}
	return ports, nil
}

type sandboxCmd struct {
	sandbox.Addresses

	Sidecar string `default:"http://127.0.0.1:8080" help:"The service that the helpdesk's block and rule post to."`
	Key     string `help:"Trigger key put into the helpdesk's rule."`
	Data    string `help:"Folder that keeps the state; empty keeps it in memory."`

	Host    []string `help:"Further names at which the local amoCRM answers as its first account, with or without a port."`
	AnyHost bool     `help:"Let the local amoCRM answer at every name; else it answers 401 at an unknown one, as amoCRM does."`
	TLS     bool     `name:"tls" help:"Speak https, too, at the same addresses. Clients have to trust ca.pem in the folder of --data (data/sandbox without)."`
}

// Run serves the local systems until the context ends.
func (cmd sandboxCmd) Run(ctx context.Context) error {
	sb, err := startSandbox(ctx, cmd)
	if err != nil {
		return err
	}
	for _, x := range sb.Systems {
		fmt.Printf("%-15s %s\n", "local "+x.Name, x.URL)
	}
	fmt.Printf("control         %s/_sandbox/info\n", sb.AmoURL)
	if sb.CAFile != "" {
		fmt.Printf("https, too      at the same addresses, for clients that trust %s\n", sb.CAFile)
	}
	<-ctx.Done()
	return closeWithin(10*time.Second, sb.Close)
}

func startSandbox(ctx context.Context, cmd sandboxCmd) (*sandbox.Sandbox, error) {
	var tlsDir string
	if cmd.TLS {
		tlsDir = cmp.Or(cmd.Data, "data/sandbox")
	}
	sb, err := sandbox.Start(ctx, sandbox.Options{
		Addresses:     cmd.Addresses,
		SidecarURL:    cmd.Sidecar,
		DisconnectURI: cmd.Sidecar + "/oauth/disconnected",
		DataDir:       cmd.Data,
		OtherHosts:    cmd.Host,
		AnyHost:       cmd.AnyHost,
		TLSDir:        tlsDir,
	})
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	if cmd.Key != "" {
		sb.Desk.SetRule(cmd.Sidecar + "/api/freeCreateLead?key=" + cmd.Key)
	}
	return sb, nil
}

// closeWithin runs a close function under a deadline of its own: the context of the run has ended by then.
func closeWithin(d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return f(ctx)
}
