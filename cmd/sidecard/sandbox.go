package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/sandbox"
)

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
