// Command sidecard is the whole product in one binary: the service, a demo that needs nothing else, the sandbox it runs
// against, and a doctor. This package only wires; every decision lives in a package below.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // accounts' time zones, also in an image without any files

	"github.com/alecthomas/kong"

	"github.com/sidecard/sidecard/connector/transport"
)

// version is stamped by the build (-X main.version=…).
var version = "dev"

type cli struct {
	Serve    serveCmd    `cmd:"" help:"Run the service. Configured by environment, see README."`
	Demo     demoCmd     `cmd:"" help:"Run the service with a local amoCRM and a local Usedesk to click through."`
	Sandbox  sandboxCmd  `cmd:"" help:"Run only the local amoCRM and the local Usedesk."`
	Triggers triggersCmd `cmd:"" help:"Look at what rules asked for; retry, edit, drop."`
	Tenants  tenantsCmd  `cmd:"" help:"Look at tenants; export and erase what is stored of them or of one person; keys, adoption."`
	Keys     keysCmd     `cmd:"" help:"Keys that seal what is stored."`
	Doctor   doctorCmd   `cmd:"" help:"Check configuration, Redis, clock and every tenant's grant; say what to do."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// newCLI returns the commands, all with one configuration.
func newCLI() *cli {
	c := newConfig()
	return &cli{Serve: serveCmd{c}, Triggers: triggersCmd{config: c}, Tenants: tenantsCmd{config: c},
		Keys: keysCmd{Rotate: keysRotateCmd{config: c}}, Doctor: doctorCmd{config: c}}
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("sidecard", version)
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	transport.SetVersion(version)
	k := kong.Parse(newCLI(),
		kong.Name("sidecard"),
		kong.Description("amoCRM (Kommo) in the ticket card of a helpdesk."),
		kong.ShortUsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	k.FatalIfErrorf(k.Run())
}
