package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	looksAtOnce = 16
	lookWithin  = 15 * time.Second // at one tenant
	leftNamed   = 5
)

// errSilent is the cause when one tenant's account took longer than lookWithin.
var errSilent = errors.New("amoCRM does not answer in time")

// everybody looks at all tenants, some side by side, until ctx ends, and says who was left out: not to have looked is not to
// have found well. look answers with the context's cause when that has ended, else with an error that ends the whole.
func (d *doctor) everybody(ctx context.Context, ids []string, look func(ctx context.Context, id string) error) {
	// By chance, so that a doctor who never gets to the end does not always leave out the same ones.
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	var mu sync.Mutex
	var left []string
	looks, ctx := errgroup.WithContext(ctx)
	looks.SetLimit(looksAtOnce)
	for _, id := range ids {
		looks.Go(func() error {
			if ctx.Err() == nil {
				if err := d.lookAt(ctx, id, look); err == nil || ctx.Err() == nil {
					return err
				}
			}
			mu.Lock()
			defer mu.Unlock()
			left = append(left, id)
			return context.Cause(ctx)
		})
	}
	if err := looks.Wait(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		d.bad("tenants", "%v", err)
	}
	if len(left) > 0 {
		d.bad("tenants", "%d of %d were not looked at, among them %s; give the doctor more time with --within", len(left), len(ids),
			strings.Join(left[:min(len(left), leftNamed)], ", "))
	}
}

func (d *doctor) lookAt(ctx context.Context, id string, look func(ctx context.Context, id string) error) error {
	one, cancel := context.WithTimeoutCause(ctx, d.each, errSilent)
	defer cancel()
	err := look(one, id)
	if errors.Is(err, errSilent) && ctx.Err() == nil {
		d.bad("grant", "tenant %s: %v; the login stays, look whether its account answers from here", id, errSilent)
		return nil
	}
	return err
}
