package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/e2e/rig"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// guest is one tenant of a crowd.
type guest struct {
	host  string // of its amoCRM account
	token string // of its helpdesk
	key   string // of its rules
}

// seed connects the tenants from to to of a crowd straight in Redis, as a login with a long-lived token does: ten thousand
// logins by hand would take the bench hours.
func (c *crowd) seed(b *testing.B, redisURL string, guests []guest, to int) []guest {
	b.Helper()
	ctx := b.Context()
	ring, err := store.ParseRing(rig.SealKey)
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(ctx, store.Options{URL: redisURL, Ring: ring})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	sync := func(how string) {
		err := nodes(ctx, db, func(ctx context.Context, n node) error { return n.ConfigSet(ctx, "appendfsync", how).Err() })
		if err != nil {
			b.Fatal(err)
		}
	}
	sync("no")
	defer sync("always")
	hosts, err := amocrm.NewHosts(strings.Split(c.hosts(), ","))
	if err != nil {
		b.Fatal(err)
	}
	dir, cfg := tenant.NewDirectory(db), login.Config{PublicURL: c.w.Replicas[0], Hosts: hosts, LongLivedToken: c.token}
	flow := login.NewFlow(db, dir, login.NewGrants(db, cfg, nil, nil), nil)
	from := len(guests)
	guests = append(guests, make([]guest, to-from)...)
	g, each := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i := from; i < to; i++ {
		g.Go(func() error {
			at := guest{host: c.host(i), token: fmt.Sprintf("token-of-guest-%d", i)}
			id, err := flow.InstallLongLived(each, tenant.Credential{AmoBase: at.host, DeskToken: at.token})
			if err != nil {
				return err
			}
			t, err := dir.Get(each, id)
			at.key = t.TriggerKey
			guests[i] = at
			return err
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return guests
}
