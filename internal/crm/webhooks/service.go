package webhooks

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/tenant"
	"github.com/sidecard/sidecard/internal/turn"
	"github.com/sidecard/sidecard/oauth"
)

// CRM manages the subscriptions of one account; *amocrm.Client does.
type CRM interface {
	Webhook(ctx context.Context, destination string) (amocrm.Webhook, error)
	Subscribe(ctx context.Context, destination string, settings []string) error
	Unsubscribe(ctx context.Context, destination string) error
}

// Reads is what was read of one account; *crm.Account is it.
type Reads interface {
	ForgetData(ctx context.Context) error
	Changed(ctx context.Context, c crm.Change) error
	Writer(ctx context.Context, kind string, id int64, aspect string) (writer string, err error)
}

// Account is one tenant's amoCRM account, opened for one piece of work.
type Account struct {
	CRM   CRM
	Reads Reads
}

// Grants reports how a tenant's login stands; *login.Grants does.
type Grants interface {
	Status(ctx context.Context, tenantID string) (oauth.Status, error)
}

// Deps is what a Service stands on. Log and Now may be nil.
type Deps struct {
	DB      *store.DB
	Tenants *tenant.Directory
	Grants  Grants
	Open    func(ctx context.Context, tenantID string) (Account, error)
	// PublicURL is where amoCRM reaches us, "https://sidecard.example.com".
	PublicURL string
	// Local reports whether an account's address is of this machine or network, from which any PublicURL may be reached.
	Local func(amoBase string) bool
	Log   *slog.Logger
	Now   func() time.Time
	// AfterLogin is how long a login's subscription waits: the first panel wants amoCRM's seven requests a second for
	// itself. Zero means 2 s.
	AfterLogin time.Duration
	// CheckTime is how long one tenant's subscription may take to check. Zero means 10 s.
	CheckTime time.Duration
	// Metrics may be nil.
	Metrics prometheus.Registerer
}

// What became of a hook, for metrics.
const (
	resultHandled = "handled" // also one of no known account, which was let go
	resultFailed  = "failed"
	resultDropped = "dropped" // too many waited
)

// Service is one replica's part: the address that amoCRM posts to and a share in the watchdog.
type Service struct {
	Deps
	periodic *store.Periodic
	inbox    chan hook
	waiting  atomic.Int64 // bytes of the hooks in inbox and under way
	active   sync.WaitGroup
	ctx      context.Context
	cancel   context.CancelFunc

	received *prometheus.CounterVec
}

const (
	maxInbox = 1000
	workers  = 4
)

// NewService makes a Service; Run makes it work.
func NewService(d Deps) *Service {
	d.Log = cmp.Or(d.Log, slog.New(slog.DiscardHandler))
	if d.Now == nil {
		d.Now = time.Now
	}
	d.AfterLogin, d.CheckTime = cmp.Or(d.AfterLogin, 2*time.Second), cmp.Or(d.CheckTime, checkTime)
	ctx, cancel := context.WithCancel(turn.Background(context.Background()))
	s := &Service{Deps: d, inbox: make(chan hook, maxInbox), ctx: ctx, cancel: cancel,
		received: telemetry.Counter(d.Metrics, "hooks_received_total", "Webhooks of amoCRM by what became of them.", "fate",
			resultHandled, resultFailed, resultDropped)}
	s.periodic = s.newPeriodic()
	return s
}

// Run takes hooks from the queue and watches over the subscriptions until ctx ends, then waits for what has begun.
func (s *Service) Run(ctx context.Context) {
	stop := context.AfterFunc(ctx, s.cancel)
	defer stop()
	s.active.Go(s.work)
	s.active.Go(func() { s.periodic.Run(s.ctx) })
	<-ctx.Done()
	s.cancel()
	s.active.Wait()
}

// work handles hooks until the service ends, those of different accounts side by side.
func (s *Service) work() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case h := <-s.inbox:
			var group errgroup.Group
			group.SetLimit(workers)
			for secret, hooks := range s.gather(h) {
				group.Go(func() error { s.handle(secret, hooks); return nil })
			}
			_ = group.Wait() // handle tells of errors
		}
	}
}
