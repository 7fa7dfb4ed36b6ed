package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/internal/crm/webhooks"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

type keysCmd struct {
	Rotate keysRotateCmd `cmd:"" help:"Seal everything that is stored with the newest seal key, so that older ones can go."`
}

type keysRotateCmd struct {
	*config
	New   bool `xor:"what" help:"Only print a fresh key, to be put into SIDECARD_SEAL_KEYS."`
	Check bool `xor:"what" help:"Change nothing; say what still needs an older key."`
	JSON  bool `help:"Print JSON."`
}

// errOldKeys ends a command whose answer is that older keys must stay, so that a script can ask.
var errOldKeys = errors.New("older keys are still needed")

// Run seals anew, or says what would have to be.
func (cmd *keysRotateCmd) Run(ctx context.Context) error {
	if cmd.New {
		_, spec := store.NewRing()
		_, err := fmt.Println(spec)
		return err
	}
	return cmd.opened(ctx, func(db *store.DB) error {
		r, err := rotateKeys(ctx, db, !cmd.Check)
		if err != nil {
			return fmt.Errorf("after %d values: %w", r.Values, err)
		}
		return r.print(os.Stdout, cmd.JSON)
	})
}

// rotation is what a rotation met and did.
type rotation struct {
	Newest string `json:"newest_key"`
	store.Resealed
	Tenants int      `json:"tenants"`
	Named   int      `json:"tenants_named_anew"`
	Unnamed int      `json:"tenants_to_be_named_anew"`
	Unseen  []string `json:"tenants_not_seen_since_newest_key,omitempty"`
	Hooks   int      `json:"hooks_named_anew"`
	NoHooks int      `json:"hooks_to_be_named_anew"`
}

// rotateKeys first names the tenants anew, which needs what is sealed, then seals anew. It may be cut off and run again.
func rotateKeys(ctx context.Context, db *store.DB, change bool) (rotation, error) {
	r := rotation{Newest: db.Ring().Newest()}
	tenants := tenant.NewDirectory(db)
	subscriptions := webhooks.NewService(webhooks.Deps{DB: db})
	err := tenants.All(ctx, func(id string) error {
		done, err := tenants.Reindex(ctx, id, change)
		if errors.Is(err, tenant.ErrNotFound) || errors.Is(err, store.ErrSealed) {
			return nil // gone meanwhile; or it does not open, which is counted below
		}
		if err != nil {
			return err
		}
		r.Tenants++
		if done.Unseen {
			r.Unseen = append(r.Unseen, id)
		}
		count(done.Changed && (change || done.Lacking), change, &r.Named, &r.Unnamed)
		named, err := subscriptions.Reindex(ctx, id, change)
		count(named, change, &r.Hooks, &r.NoHooks)
		return err
	})
	if err != nil {
		return r, err
	}
	r.Resealed, err = db.Reseal(ctx, change)
	return r, err
}

func count(changed, done bool, did, todo *int) {
	switch {
	case changed && done:
		*did++
	case changed:
		*todo++
	}
}

// needsOld says that something opens, or is found, by an older key only.
func (r rotation) needsOld() bool {
	return len(r.Old) > 0 || r.Unnamed > 0 || r.NoHooks > 0 || len(r.Unseen) > 0
}

func (r rotation) print(out io.Writer, asJSON bool) error {
	if asJSON {
		if err := (printer{out: out}).encode(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "newest key %s: %d sealed values, %d sealed anew; %d tenants, %d named anew; %d hooks named anew\n",
			r.Newest, r.Values, r.Done, r.Tenants, r.Named, r.Hooks)
		for _, id := range slices.Sorted(maps.Keys(r.Old)) {
			fmt.Fprintf(out, "key %s is needed by %d sealed values\n", id, r.Old[id])
		}
		if r.Unnamed+r.NoHooks > 0 {
			fmt.Fprintf(out, "an older key is needed to find %d tenants and %d hooks\n", r.Unnamed, r.NoHooks)
		}
		if len(r.Unseen) > 0 {
			fmt.Fprintf(out, "%d tenants prove themselves with a secret and have opened no ticket since the newest key came:\n%s\n",
				len(r.Unseen), strings.Join(r.Unseen, "\n"))
		}
		if r.UndecryptableN > 0 {
			fmt.Fprintf(out, "%d values open with no key of SIDECARD_SEAL_KEYS:\n%s\n", r.UndecryptableN, strings.Join(r.Undecryptable, "\n"))
		}
		if !r.needsOld() {
			fmt.Fprintln(out, "older keys can be taken out of SIDECARD_SEAL_KEYS")
		}
	}
	if r.needsOld() {
		return errOldKeys
	}
	return nil
}
