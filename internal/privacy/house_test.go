package privacy_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/sidecard/sidecard/blocks/rules"
	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/worker"
	"github.com/sidecard/sidecard/blocks/session"
	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/login"
	"github.com/sidecard/sidecard/internal/crm/subjects"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/notify"
	"github.com/sidecard/sidecard/internal/privacy"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/tenant"
)

// house is files on one Redis, and the parts that write to it.
type house struct {
	t *testing.T
	privacy.Files
	ledger   *jobs.Ledger
	cache    *store.Cache
	accounts *crm.Accounts
	sessions *session.Sessions
}

func newHouse(t *testing.T) *house {
	t.Helper()
	ring, _ := store.NewRing()
	db, err := store.Open(t.Context(), store.Options{URL: "redis://" + miniredis.RunT(t).Addr(), Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	h := &house{t: t, ledger: jobs.NewLedger(db, time.Minute), cache: store.NewCache(db)}
	h.sessions = session.NewSessions(db)
	h.Files = privacy.Files{DB: db, Tenants: tenant.NewDirectory(db),
		Login: func(context.Context, string) (privacy.Login, error) {
			return privacy.Login{State: "connected", UserID: 501}, nil
		}}
	firings := rules.NewService(rules.Deps{Deps: worker.Deps{DB: db, Tenants: h.Tenants}})
	h.Firings, h.Keepers = firings.Counts, []privacy.Keeper{crm.Keeper{DB: db}, firings, h.sessions}
	hosts, err := amocrm.NewHosts(nil)
	h.must(err)
	h.accounts = crm.New(crm.Deps{DB: db, Cache: h.cache, Tenants: h.Tenants, Grants: login.NewGrants(db, login.Config{Hosts: hosts}, nil, nil)})
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

const (
	amoBase   = "https://example.amocrm.ru"
	secretIn  = "do-not-tell-" // every secret of a tenant begins so
	hookOfOwn = "https://hooks.example.com/" + secretIn + "address"
)

// tenant makes a connected one with every secret that there is.
func (h *house) tenant(name string) tenant.Tenant {
	h.t.Helper()
	ctx := h.t.Context()
	t, err := h.Tenants.Open(ctx, tenant.Credential{AmoBase: amoBase, DeskToken: secretIn + "desk-" + name})
	h.must(err)
	h.must(h.Tenants.Connected(ctx, t.ID, "integration", 31, "Example"))
	t, err = h.Tenants.Update(ctx, t.ID, func(t *tenant.Tenant) error {
		n := notify.Settings{Emails: []string{"boss@example.com"}, WebhookURL: hookOfOwn, WebhookSecret: secretIn + "webhook",
			ChatID: "-100", BotToken: secretIn + "bot"}
		t.Settings.DealName = "Deal of " + name
		return n.Choose(t)
	})
	h.must(err)
	for kind, value := range map[string]string{
		"grant": `{"access":"` + secretIn + `access","refresh":"` + secretIn + `refresh","client_secret":"` + secretIn + `client"}`,
		"hook":  `{"secret":"` + secretIn + `hook"}`,
	} {
		key := store.Key(t.ID, kind)
		h.must(h.DB.Set(ctx, key, h.DB.Ring().Seal([]byte(value), key), 0).Err())
	}
	for _, rounds := range []string{"hooks", "notice"} {
		r := store.Periodic{DB: h.DB, Name: rounds}
		h.must(r.Plan(ctx, t.ID, time.Now()))
	}
	return t
}

// somebody is one of a helpdesk's clients. Every place that holds something of him holds his mark.
type somebody struct {
	tenant       string
	client       int64
	ticket       int64
	contact      int64
	deal         int64
	mark         string
	phone, email string
}

// Ids are so long that no random text of hexadecimal digits holds one.
func person(tenantID string, n int64) somebody {
	return somebody{tenant: tenantID, client: 550_000_000_000 + n, ticket: 880_000_000_000 + n, contact: 330_000_000_000 + n, deal: 770_000_000_000 + n,
		mark: fmt.Sprintf("Mark%dMark", n), phone: fmt.Sprintf("+7999%07d", n), email: fmt.Sprintf("mark%d@example.com", n)}
}

// places is everywhere that something of a person is kept; each writes the mark with the place's name.
func (h *house) places(p somebody) map[string]func(ctx context.Context, mark string) error {
	opened := func(ctx context.Context, mark string) (session.Session, error) {
		return h.sessions.Create(ctx, session.Session{TenantID: p.tenant, Lang: i18n.EN, Ticket: helpdesk.Ticket{ID: p.ticket, Subject: mark,
			Client: helpdesk.Client{ID: p.client, Name: mark, Phones: []string{p.phone}, Emails: []string{p.email}}}})
	}
	firing := func(change func(e *jobs.Job) jobs.Outcome) func(context.Context, string) error {
		return func(ctx context.Context, mark string) error {
			r := request.Request{TicketID: p.ticket, Fields: request.LeadFields{Name: mark}, Comment: p.phone + " " + p.email}
			idem, err := r.Fingerprint(p.tenant, "")
			if err != nil {
				return err
			}
			made, _, err := h.ledger.Accept(ctx, p.tenant, jobs.Offer{Request: r, Repeat: idem})
			if err != nil || change == nil {
				return err
			}
			b, err := h.ledger.Claim(ctx, p.tenant, 50)
			if err != nil {
				return err
			}
			for _, e := range b.Jobs {
				o := jobs.Outcome{State: ledger.StateAccepted} // others' are given back
				if e.ID == made.ID {
					o = change(&e)
				}
				if err := h.ledger.Finish(ctx, e, o); err != nil {
					return err
				}
			}
			return nil
		}
	}
	cached := func(parts ...string) func(context.Context, string) error {
		return func(ctx context.Context, mark string) error {
			return h.cache.Put(ctx, store.Key(p.tenant, append([]string{"cache"}, parts...)...),
				map[string]any{"Contacts": []any{map[string]any{"ID": p.contact, "Name": mark, "Phone": p.phone,
					"Deals": []any{map[string]any{"ID": p.deal}}}}})
		}
	}
	return map[string]func(context.Context, string) error{
		"block": func(ctx context.Context, mark string) error { _, err := opened(ctx, mark); return err },
		"message": func(ctx context.Context, mark string) error {
			s, err := opened(ctx, "")
			if err == nil {
				err = h.sessions.SetAside(ctx, s, session.AsideMessage, mark)
			}
			return err
		},
		"form": func(ctx context.Context, mark string) error {
			s, err := opened(ctx, "")
			if err != nil {
				return err
			}
			once, _, err := h.sessions.Begin(ctx, s, session.NewID())
			if err == nil {
				err = once.Done(ctx, mark)
			}
			return err
		},
		"place": func(ctx context.Context, mark string) error {
			s, err := opened(ctx, "")
			if err == nil {
				err = h.sessions.SetPlace(ctx, s, "deal:"+mark)
			}
			return err
		},
		"waiting": firing(nil),
		"held":    firing(func(*jobs.Job) jobs.Outcome { return jobs.Outcome{State: ledger.StateHeld} }),
		"failed": firing(func(e *jobs.Job) jobs.Outcome {
			e.Steps.Candidates = []jobs.Candidate{{LeadID: p.deal, Name: e.Request.Fields.Name}}
			return jobs.Outcome{State: ledger.StateFailed, Why: ledger.Reason("refused: " + e.Request.Fields.Name),
				Problems: []request.Problem{{Path: "fields.name", Detail: e.Request.Fields.Name}}}
		}),
		"done": func(ctx context.Context, mark string) error {
			err := firing(func(e *jobs.Job) jobs.Outcome {
				e.Steps.ClientID, e.Steps.ContactID, e.Steps.LeadID = p.client, p.contact, p.deal
				return jobs.Outcome{State: ledger.StateDone, Why: ledger.Reason(e.Request.Fields.Name)}
			})(ctx, mark)
			if err != nil {
				return err
			}
			a, err := subjects.Open(ctx, h.accounts, p.tenant, store.Background, "")
			if err == nil {
				err = a.Memory().RememberNote(ctx, p.deal, 12)
			}
			return err
		},
		"first screen": cached("people", fmt.Sprint(p.client), "print"),
		"deal":         cached("deal", fmt.Sprint(p.deal)),
		"feed":         cached("feed", fmt.Sprint(p.deal)),
		"tasks":        cached("tasks", fmt.Sprint(p.deal)),
		"name":         cached("name", fmt.Sprint(p.contact)),
		"memory": func(ctx context.Context, _ string) error {
			a, err := subjects.Open(ctx, h.accounts, p.tenant, store.Background, "")
			if err == nil {
				err = a.Remember(ctx, helpdesk.Client{ID: p.client}, p.contact)
			}
			return err
		},
		"link": func(ctx context.Context, _ string) error {
			return h.DB.HSet(ctx, store.Key(p.tenant, "links"), fmt.Sprint(p.client), fmt.Sprint(p.contact)).Err()
		},
	}
}

// markless are the places that hold no text of a person's, only ids.
var markless = []string{"memory", "link"}

// put writes something of a person everywhere, or to the one place.
func (h *house) put(p somebody, only ...string) {
	h.t.Helper()
	places := h.places(p)
	for _, name := range slices.Sorted(maps.Keys(places)) {
		if len(only) == 0 || slices.Contains(only, name) {
			if err := places[name](h.t.Context(), p.mark+name); err != nil {
				h.t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

var sealedIn = regexp.MustCompile(`v1\.[A-Za-z0-9_.-]+`)

// stored is every key of Redis with its value, what is sealed opened.
func (h *house) stored() string {
	h.t.Helper()
	ctx := h.t.Context()
	var all strings.Builder
	text := func(key, value string) {
		fmt.Fprintln(&all, value)
		for _, sealed := range sealedIn.FindAllString(value, -1) { // alone, behind a cached value's version, or inside a record
			for _, part := range []string{"", "#desk_token", "#trigger_key", "#old_trigger_key", "#notices"} {
				if plain, err := h.DB.Ring().Open(sealed, key+part); err == nil {
					fmt.Fprintf(&all, "%s\n", plain)
				}
			}
		}
	}
	h.must(h.DB.Walk(ctx, "*", func(keys []string) error {
		for _, key := range keys {
			fmt.Fprintln(&all, key)
			switch kind := h.DB.Type(ctx, key).Val(); kind {
			case "string":
				text(key, h.DB.Get(ctx, key).Val())
			case "hash":
				for field, value := range h.DB.HGetAll(ctx, key).Val() {
					fmt.Fprintln(&all, field)
					text(key, value)
				}
			case "set":
				fmt.Fprintln(&all, h.DB.SMembers(ctx, key).Val())
			case "zset":
				fmt.Fprintln(&all, h.DB.ZRange(ctx, key, 0, -1).Val())
			case "list":
				fmt.Fprintln(&all, h.DB.LRange(ctx, key, 0, -1).Val())
			default:
				h.t.Fatalf("%s is a %s, which this test can't read", key, kind)
			}
		}
		return nil
	}))
	return all.String()
}

// traces are what tells of a person wherever it stands.
func (p somebody) traces() []string {
	return []string{p.mark, p.phone, p.email, fmt.Sprint(p.client), fmt.Sprint(p.ticket), fmt.Sprint(p.contact), fmt.Sprint(p.deal)}
}

func (h *house) erase(p somebody) int {
	h.t.Helper()
	found, err := h.Person(h.t.Context(), p.tenant, p.client, []int64{p.ticket})
	h.must(err)
	n, err := h.ErasePerson(h.t.Context(), found)
	h.must(err)
	return n
}
