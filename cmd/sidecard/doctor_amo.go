package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/webhooks"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/oauth"
)

// accounts asks amoCRM about every tenant: whether its login works, its hook lives, the clocks agree. The integration is
// asked about once.
func (d *doctor) accounts(ctx context.Context, db *store.DB, set *config) {
	quiet := slog.New(slog.DiscardHandler)
	tenants := tenant.NewDirectory(db)
	cfg := login.Config{ClientID: set.AmoClientID, ClientSecret: set.AmoClientSecret, PublicURL: set.PublicURL, Hosts: set.amoHosts}
	limiter := func(base string) amocrm.Limiter { return crm.Limiter(db, base, store.Background) }
	client := set.amoHosts.HTTPClient(20 * time.Second)
	clock := &dated{next: client.Transport}
	client.Transport = clock
	x := accountCheck{doctor: d, db: db, grants: login.NewGrants(db, cfg, limiter, quiet), limiter: limiter, tenants: tenants, set: set, client: client}
	x.webhooks = webhooks.NewService(webhooks.Deps{DB: db, Tenants: tenants, Grants: x.grants, PublicURL: set.PublicURL, Local: set.amoHosts.Extra, Log: quiet})
	var ids []string
	if err := tenants.Each(ctx, func(id string) error { ids = append(ids, id); return nil }); err != nil {
		d.bad("tenants", "%v", err)
		return
	}
	if len(ids) == 0 {
		d.note("tenants", "none is connected yet: add the block to the helpdesk, open a ticket and log in")
		d.note("integration", "amoCRM is asked about the integration once a company has opened the block")
		return
	}
	for _, id := range ids {
		if t, err := tenants.Get(ctx, id); err == nil {
			x.integration(ctx, t.AmoBase)
			break
		} else if stops(ctx, err) {
			d.bad("tenants", "%v", err)
			return
		}
	}
	d.everybody(ctx, ids, x.one)
	if skew, told := clock.skew(); told {
		d.skew("amoCRM", skew)
	}
	if err := closeWithin(stopWithin, x.grants.Wait); err != nil { // a refresh that is cut off costs a login
		d.bad("grant", "a refresh is still under way: %v", err)
	}
}

type accountCheck struct {
	*doctor
	db       *store.DB
	grants   *login.Grants
	limiter  func(string) amocrm.Limiter
	tenants  *tenant.Directory
	webhooks *webhooks.Service
	set      *config
	client   *http.Client
}

// integration says whether amoCRM takes the configured id, secret and redirect URI.
func (x *accountCheck) integration(ctx context.Context, amoBase string) {
	if x.set.AmoClientID == "" {
		x.note("integration", "none is configured: each company's login makes one of its own with amoCRM's button")
		return
	}
	err := x.grants.Probe(ctx, amoBase)
	var refused *oauth.ConfigError
	switch {
	case errors.As(err, &refused):
		x.refused(refused)
	case err != nil:
		x.bad("integration", "amoCRM could not be asked about it: %v; look whether %s answers from here", err, amoBase)
	default:
		x.good("integration", "amoCRM knows it, with this secret and redirect URI")
	}
}

// refused says what to do about a configuration that amoCRM does not take.
func (x *accountCheck) refused(e *oauth.ConfigError) {
	switch hint := strings.ToLower(e.Hint); {
	case strings.Contains(hint, "client_secret"):
		x.bad("integration", "AMO_CLIENT_SECRET is wrong (%q): copy the secret key from the integration's tab Keys again and restart", e.Hint)
	case strings.Contains(hint, "client_id"):
		x.bad("integration", "AMO_CLIENT_ID is wrong (%q): copy the integration's id from its tab Keys again and restart", e.Hint)
	case strings.Contains(hint, "redirect uri"):
		x.bad("integration", "the redirect URI differs (%q): enter %s/oauth/callback in the integration's settings, or mend SIDECARD_PUBLIC_URL",
			e.Hint, x.set.PublicURL)
	default:
		x.bad("integration", "amoCRM refuses it: %s; compare id, secret and redirect URI with the integration's settings", e.Hint)
	}
}

// mendShut is what to do about something stored that does not open.
const mendShut = "put the key that is gone back into SIDECARD_SEAL_KEYS, or run the version that wrote it; the others are not touched by it"

// mendRefused is what to do when amoCRM refuses a login without saying that it has ended.
const mendRefused = "nothing is lost and it is tried again by itself; look whether amoCRM reports trouble of its sign-in. " +
	"If it does not, end the login with sidecard tenants disconnect and log in again from any ticket"

// one asks amoCRM with a tenant's grant. Its errors are Redis', or that the doctor's time is over.
func (x *accountCheck) one(ctx context.Context, id string) error {
	t, err := x.tenants.Get(ctx, id)
	if errors.Is(err, tenant.ErrNotFound) {
		return nil // gone meanwhile
	}
	if err != nil && !stops(ctx, err) {
		x.bad("tenants", "%v; %s", err, mendShut)
		return nil
	}
	if err != nil {
		return err
	}
	api, err := amocrm.New(t.AmoBase, x.grants.Auth(t.ID), amocrm.WithLimiter(x.limiter(t.AmoBase)), amocrm.WithHTTP(x.client))
	if err != nil {
		return err
	}
	account, err := api.Account(ctx)
	var misconfigured *oauth.ConfigError
	var refused *oauth.RefusedError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &misconfigured):
		x.refused(misconfigured)
	case errors.As(err, &refused):
		x.bad("grant", "%s: %v; %s", t.AmoBase, refused, mendRefused)
	case errors.Is(err, oauth.ErrNoGrant):
		x.note("grant", "%s: the block was opened, but nobody has logged in yet; open any ticket and log in", t.AmoBase)
	case errors.Is(err, oauth.ErrNeedsLogin):
		x.bad("grant", "%s: %v; open any ticket and log in again", t.AmoBase, err)
	case errors.Is(err, store.ErrSealed):
		x.bad("grant", "%s: %v; %s", t.AmoBase, err, mendShut)
	default:
		x.bad("grant", "%s: %v; the login stays, look whether amoCRM answers from here", t.AmoBase, err)
	}
	if err != nil {
		return nil
	}
	x.good("grant", "%s: account %d %q answers", t.AmoBase, account.ID, account.Name)
	if status, err := x.grants.Status(ctx, t.ID); err != nil {
		return err
	} else if status.Refused != nil {
		x.note("grant", "%s: %v; %s", t.AmoBase, status.Refused, mendRefused)
	}
	return errors.Join(x.hook(ctx, t, api), x.index(ctx, t))
}

func (x *accountCheck) index(ctx context.Context, t tenant.Tenant) error {
	switch in, err := crm.IndexOf(ctx, x.db, t.ID); {
	case err != nil:
		return err
	case x.set.indexed == 0: // clients are found by amoCRM's search
	case in.Over > 0:
		x.note("index", "%s: the account has more than %d contacts, so clients are found by amoCRM's search; raise SIDECARD_CONTACT_INDEX", t.AmoBase, in.Over)
	case in.Ready:
		x.good("index", "%s: %d contacts were read, clients are found without a search", t.AmoBase, in.Contacts)
	default:
		x.note("index", "%s: being built, %d contacts so far; until then clients are found by amoCRM's search", t.AmoBase, in.Contacts)
	}
	return nil
}

func (x *accountCheck) hook(ctx context.Context, t tenant.Tenant, api *amocrm.Client) error {
	standing, err := x.webhooks.Standing(ctx, t.ID, api)
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		x.bad("webhook", "%s: %v", t.AmoBase, err)
	case standing == webhooks.StandingGood:
		x.good("webhook", "%s: amoCRM tells of changes", t.AmoBase)
	case standing == webhooks.StandingDisabled:
		x.bad("webhook", "%s: amoCRM has turned it off after too many bad answers; mend what kept amoCRM from %s, "+
			"the running service turns it on again within ten minutes", t.AmoBase, x.set.PublicURL)
	case standing == webhooks.StandingMissing:
		x.bad("webhook", "%s: it was removed in amoCRM; the running service adds it again within ten minutes", t.AmoBase)
	case standing == webhooks.StandingMoved:
		x.bad("webhook", "%s: it leads to a former SIDECARD_PUBLIC_URL; the running service moves it within ten minutes", t.AmoBase)
	case standing == webhooks.StandingRefused:
		x.note("webhook", "%s: who logged in may not have webhooks; changes show after up to 30 s. Log in as an administrator", t.AmoBase)
	default:
		x.note("webhook", "%s: none yet; the running service adds one soon after the login, if amoCRM can reach %s", t.AmoBase, x.set.PublicURL)
	}
	return nil
}

// dated reads amoCRM's clock off its answers.
type dated struct {
	next http.RoundTripper

	mu   sync.Mutex
	told bool
	by   time.Duration
}

func (x *dated) RoundTrip(r *http.Request) (*http.Response, error) {
	next := x.next
	if next == nil {
		next = http.DefaultTransport
	}
	start := time.Now()
	res, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		middle := start.Add(time.Since(start) / 2)
		x.mu.Lock()
		x.told, x.by = true, middle.Sub(at.Add(500*time.Millisecond)) // the header has whole seconds
		x.mu.Unlock()
	}
	return res, nil
}

// skew is how far this machine's clock is ahead of amoCRM's last answer.
func (x *dated) skew() (by time.Duration, told bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.by, x.told
}

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
