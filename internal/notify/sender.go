package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecard/sidecard/connector/transport"
	"github.com/sidecard/sidecard/internal/store"
	"github.com/sidecard/sidecard/internal/telemetry"
	"github.com/sidecard/sidecard/internal/tenant"
)

const (
	sendWithin = 10 * time.Second // one message, one channel
	maxTests   = 5                // test messages of a tenant in testsIn: anybody who sees the block may press the button
	testsIn    = 10 * time.Minute
)

// Kind is a kind of channel.
type Kind string

const (
	KindMail     Kind = "mail"
	KindTelegram Kind = "telegram"
	KindWebhook  Kind = "webhook"
)

// Config is what the server's operator decides.
type Config struct {
	Mail      *Mail  // nil: this server sends no e-mail
	Telegram  string // base address of the bot API, without a trailing slash
	HTTP      *http.Client
	Private   bool   // webhooks may go into private networks
	PublicURL string // "https://sidecard.example.com"
	Text      func(lang, key string, args ...any) string
	Metrics   prometheus.Registerer // may be nil
}

// Sender sends messages over the channels that tenants chose. It is safe for concurrent use.
type Sender struct {
	Config
	db   *store.DB
	hook *http.Client
	sent *prometheus.CounterVec
}

// NewSender makes a Sender. Config.HTTP reaches the bot API and nothing else.
func NewSender(db *store.DB, c Config) *Sender {
	sent := telemetry.Counters(c.Metrics, "notices_sent_total", "Notices of trouble tried, by way and whether they were taken.", "way", "outcome")
	for _, k := range []Kind{KindMail, KindTelegram, KindWebhook} {
		sent.WithLabelValues(string(k), telemetry.Outcome(true))
		sent.WithLabelValues(string(k), telemetry.Outcome(false))
	}
	return &Sender{Config: c, db: db, hook: webhookClient(c.Private), sent: sent}
}

// Mails reports whether this server sends e-mail at all.
func (s *Sender) Mails() bool { return s.Mail != nil }

// PrivateHooks reports whether webhooks may go into private networks.
func (s *Sender) PrivateHooks() bool { return s.Private }

// refused means that the other side answered and will answer the same again; Said is what it said.
type refused struct{ Said string }

func (r *refused) Error() string { return "refused: " + r.Said }

// channel is one recipient. Its name tells it from the tenant's others and from what it was before it was changed, without
// saying who it is.
type channel struct {
	name string
	kind Kind
	to   string // for the tenant's own eyes
	send func(ctx context.Context, m message, txt text) error
}

func named(kind Kind, to string) string {
	sum := sha256.Sum256([]byte(to))
	return string(kind) + ":" + hex.EncodeToString(sum[:6])
}

// channels returns where a tenant's messages go.
func (s *Sender) channels(n Settings) []channel {
	var out []channel
	for _, to := range n.Emails {
		if s.Mail != nil {
			out = append(out, channel{named(KindMail, to), KindMail, to, func(ctx context.Context, _ message, txt text) error {
				return s.Mail.send(ctx, to, txt)
			}})
		}
	}
	if n.ChatID != "" && n.BotToken != "" {
		out = append(out, channel{named(KindTelegram, n.ChatID), KindTelegram, n.ChatID, func(ctx context.Context, _ message, txt text) error {
			return s.telegram(ctx, n.BotToken, n.ChatID, txt)
		}})
	}
	if n.WebhookURL != "" {
		out = append(out, channel{named(KindWebhook, n.WebhookURL), KindWebhook, tenant.Host(n.WebhookURL), func(ctx context.Context, m message, txt text) error {
			return s.webhook(ctx, n.WebhookURL, n.WebhookSecret, m, txt)
		}})
	}
	return out
}

func (s *Sender) text(t tenant.Tenant, m message) text {
	lang := t.Language()
	say := func(key string, args ...any) string { return s.Text(lang, key, args...) }
	return m.write(say, tenant.Host(t.AmoBase), s.PublicURL)
}

// ErrTooMany means that enough test messages were sent for the moment.
var ErrTooMany = errors.New("too many test messages")

// Problem is what hindered a message.
type Problem string

// Problems of a test message; "" means that it was taken.
const (
	ProblemRefused     Problem = "refused"     // Result.Said is the answer
	ProblemPrivate     Problem = "private"     // the webhook's address is not a public one
	ProblemUnreachable Problem = "unreachable" // no answer, or none that makes sense
)

// Result is the outcome of a test message on one channel.
type Result struct {
	Kind    Kind
	To      string
	Problem Problem
	Said    string // what came back, bounded; for ProblemRefused
}

// Test sends a test message over all channels of t at once and returns what came back. ErrTooMany when the tenant had five in ten
// minutes.
func (s *Sender) Test(ctx context.Context, t tenant.Tenant) ([]Result, error) {
	if err := s.allowTest(ctx, t.ID); err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	m := message{ID: newID(), Event: EventTest, At: now, Since: now}
	txt := s.text(t, m)
	channels := s.channels(Of(t))
	out := make([]Result, len(channels))
	for i, err := range sendAll(ctx, channels, m, txt) {
		out[i] = outcome(channels[i], err)
	}
	return out, nil
}

func (s *Sender) allowTest(ctx context.Context, tenantID string) error {
	key := store.Key(tenantID, "notice", "tests")
	var n *redis.IntCmd
	_, err := s.db.TxPipelined(ctx, func(p redis.Pipeliner) error { // at once: a count that ends between them would begin one without an end
		p.SetNX(ctx, key, 0, testsIn)
		n = p.Incr(ctx, key)
		return nil
	})
	if err != nil {
		return fmt.Errorf("count test messages: %w", err)
	}
	if n.Val() > maxTests {
		return ErrTooMany
	}
	return nil
}

// within sends a message within sendWithin, in a span that holds neither the recipient nor the answer.
func (c channel) within(ctx context.Context, m message, txt text) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	ctx, span := otel.Tracer("github.com/sidecard/sidecard/internal/notify").Start(ctx, "notice "+string(c.kind), trace.WithSpanKind(trace.SpanKindProducer))
	defer span.End()
	err := c.send(ctx, m, txt)
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	return err
}

func outcome(c channel, err error) Result {
	r := Result{Kind: c.kind, To: c.to}
	var no *refused
	switch {
	case err == nil:
	case errors.As(err, &no):
		r.Problem, r.Said = ProblemRefused, no.Said
	case errors.Is(err, transport.ErrPrivate):
		r.Problem = ProblemPrivate
	default:
		r.Problem = ProblemUnreachable
	}
	return r
}
