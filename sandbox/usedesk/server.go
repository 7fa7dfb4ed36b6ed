// Package usedesk is a local Usedesk: the ticket pages with their dynamic blocks, the rules with their POST action, and
// the part of the REST API that an integration needs, on the wire as usedesk.md has them. It is an imitation, written
// from that reference, sharing no type with any client of it, and says so on every page.
//
// It refuses to know what a block or a rule is for: it posts to the URLs it is given and shows what comes back.
//
// Invariants: everything outgoing has a time limit and a bounded answer; the lock is never held during a request;
// what the reference leaves open is decided in the strict way, or is an Option.
package usedesk

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// Options configures a Server. The zero value works: it has no block URL and no rule URL yet.
type Options struct {
	// Token is the api_token of the REST API; empty is scenario.DeskToken.
	Token string
	// BlockURL is the URL of the default block, the sidecar's /api/.
	BlockURL string
	// RuleURL is the URL of the default rule; it may be set later with SetRule.
	RuleURL string
	// AmoBaseHost is the default block's parameter amo_base_host.
	AmoBaseHost string
	// StateFile keeps the state over restarts; empty keeps it in memory.
	StateFile string
	// Info adds to the answer of GET /_sandbox/info.
	Info func() map[string]any
	// ErrorStatus is the HTTP status of API errors; 0 is 200, as seen in the wild (usedesk.md §2.1).
	ErrorStatus int
	// BlockTimeout limits a block request; 0 is Usedesk's 60 s.
	BlockTimeout time.Duration
	// RuleTimeout limits a rule's POST; 0 is 10 s (Usedesk's own is not documented).
	RuleTimeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger tells about failing rules and state files; nil is silent.
	Logger *slog.Logger
}

// Limits of what comes in and what is kept.
const (
	maxBody    = 10 << 20 // request bodies, bytes
	maxBlock   = 4 << 20  // answer of a block, bytes
	maxAnswer  = 1 << 20  // answer of a rule, bytes
	keptAnswer = 4 << 10  // kept of it in the log
	maxFirings = 200      // kept in the log
	maxMessage = 64 << 10 // a comment (usedesk.md §2.2), bytes
	maxRows    = 100      // of an API list, and parameters of a block
)

// Server is the local Usedesk. Make it with New, serve it with ServeHTTP, end it with Close.
type Server struct {
	*sender
	scenario scenario.World
	api      *api
	handler  http.Handler
}

// sender makes tickets and posts to the addresses of blocks and rules.
type sender struct {
	opts   *Options // guarded like the world where it is set later
	state  *kit.State[world]
	log    *slog.Logger
	client *http.Client

	stop   context.Context // ends the work that no request owns
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// New makes a Server from its state file, or from the scenario where there is none yet. It fails on a state file that
// can't be read.
func New(sc scenario.World, opts Options) (*Server, error) {
	opts.Token = cmp.Or(opts.Token, scenario.DeskToken)
	opts.ErrorStatus = cmp.Or(opts.ErrorStatus, http.StatusOK)
	opts.BlockTimeout = cmp.Or(opts.BlockTimeout, 60*time.Second)
	opts.RuleTimeout = cmp.Or(opts.RuleTimeout, 10*time.Second)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{sender: &sender{opts: &opts, log: opts.Logger}, scenario: sc}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.stop, s.cancel = context.WithCancel(context.Background())
	// A redirect is shown as the answer that it is: whether Usedesk would follow one is not documented.
	s.client = &http.Client{
		Transport:     http.DefaultTransport.(*http.Transport).Clone(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w, err := loadWorld(opts.StateFile)
	if err != nil {
		return nil, fmt.Errorf("start local Usedesk: %w", err)
	}
	if w == nil {
		w = s.fresh()
	}
	s.configure(w)
	s.state = kit.NewState(w, opts.StateFile, s.log)
	s.api = &api{sender: s.sender}
	s.handler = s.routes()
	return s, nil
}

// configure puts what the Options decide into a world, which may come from a file of an earlier start on other ports.
// Blocks and rules that a person has pointed elsewhere stay as they are.
func (s *Server) configure(w *world) {
	for _, b := range w.Blocks {
		if b.Managed {
			b.URL = s.opts.BlockURL
			b.set("amo_base_host", s.opts.AmoBaseHost)
		}
	}
	s.configureRules(w)
	for _, f := range w.Firings {
		if f.Pending {
			f.Pending, f.Error = false, "the server stopped before the answer came"
		}
	}
}

func (s *Server) configureRules(w *world) {
	for _, r := range w.Rules {
		if r.Managed {
			r.Action = withURL(r.Action, s.opts.RuleURL)
		}
	}
}

// SetRule gives the default rule its URL, which may carry a key that is known only after the service has started. A rule
// that a person has pointed elsewhere stays as it is.
func (s *Server) SetRule(url string) {
	s.state.Write(func(w *world) {
		s.opts.RuleURL = url
		s.configureRules(w)
	})
}

// ServeHTTP answers pages, API and control requests.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.handler.ServeHTTP(w, r)
}

// Close waits for the rules that still run, no longer than the context allows, and saves the state.
func (s *Server) Close(ctx context.Context) error {
	s.cancel()
	late := kit.Await(ctx, &s.work)
	if late != nil {
		late = fmt.Errorf("stop local Usedesk: %w", late)
	}
	s.client.CloseIdleConnections()
	return errors.Join(late, s.state.Close())
}

//go:embed static
var static embed.FS

// routes builds the whole surface once. Pages refuse forms that other sites send; the API takes calls from anywhere.
func (s *Server) routes() http.Handler {
	site := http.NewServeMux()
	p := &pages{s.sender}
	set := &settings{p}
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /{$}":                          p.pageTickets,
		"GET /tickets":                      p.pageTickets,
		"GET /tickets/new":                  p.pageNewTicket,
		"POST /tickets/new":                 p.postNewTicket,
		"GET /tickets/{id}":                 p.pageTicket,
		"POST /tickets/{id}/messages":       p.postMessage,
		"POST /tickets/{id}/status":         p.postStatus,
		"POST /tickets/{id}/rules/{rule}":   p.postRunRule,
		"GET /tickets/{id}/firings":         p.fragmentFirings,
		"GET /tickets/{id}/blocks/{block}":  p.fragmentBlock,
		"POST /tickets/{id}/language":       p.postLanguage,
		"GET /settings":                     func(w http.ResponseWriter, r *http.Request) { redirect(w, r, "/settings/blocks") },
		"GET /settings/blocks":              set.pageBlocks,
		"POST /settings/blocks":             set.postNewBlock,
		"POST /settings/blocks/{id}":        set.postBlock,
		"POST /settings/blocks/{id}/delete": set.postDeleteBlock,
		"GET /settings/rules":               set.pageRules,
		"POST /settings/rules":              set.postNewRule,
		"POST /settings/rules/{id}":         set.postRule,
		"POST /settings/rules/{id}/delete":  set.postDeleteRule,
		"POST /":                            s.api.apiUnknown, // no page posts there; the API's methods stand at the root, too
		"/":                                 p.pageMissing,
	} {
		site.HandleFunc(pattern, h)
	}
	site.Handle("GET /static/", http.FileServerFS(static))

	mux := http.NewServeMux()
	s.api.apiRoutes(mux)
	s.controlRoutes(mux)
	mux.Handle("/", http.NewCrossOriginProtection().Handler(site))
	return mux
}

func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther)
}
