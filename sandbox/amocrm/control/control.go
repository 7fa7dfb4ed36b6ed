// Package control answers /_sandbox of the local amoCRM: what tests and demos on this machine ask and switch. It is no
// part of amoCRM, is not counted and is not limited.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/hooks"
	"github.com/sidecard/sidecard/sandbox/amocrm/oauth"
	"github.com/sidecard/sidecard/sandbox/amocrm/stats"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

// Control answers what tests and demos ask and switch.
type Control struct {
	State    *kit.State[world.World]
	Scenario scenario.World
	Fresh    func() *world.World // the scenario's world, configured
	Now      func() time.Time
	Gate     *api.Gate
	Stats    *stats.Stats
	Courier  *hooks.Courier
	Grants   *oauth.Grants
	Editor   edit.Editor
	Hosts    []string               // for renamed accounts
	Named    func(host string) bool // reports whether the control routes answer at a host
	Info     func() map[string]any  // adds to GET /_sandbox/info; may be nil
}

// Routes adds what /_sandbox answers.
func (s *Control) Routes(mux *http.ServeMux) {
	kit.Control(mux, s.Named, api.WriteJSON, map[string]kit.ControlHandler{
		"GET /_sandbox/info":         s.controlInfo,
		"GET /_sandbox/stats":        s.controlStats,
		"POST /_sandbox/stats/reset": s.controlStatsReset,
		"GET /_sandbox/faults":       s.controlFaults,
		"POST /_sandbox/faults":      s.controlSetFaults,
		"DELETE /_sandbox/faults":    s.controlClearFaults,
		"POST /_sandbox/grant":       changing(s, grantFields, grantRequest{}, s.controlGrant),
		"POST /_sandbox/code":        changing(s, grantFields, grantRequest{}, s.controlCode),
		"POST /_sandbox/revoke":      s.controlRevoke,
		"POST /_sandbox/expire":      changing(s, "account, client_id", expireRequest{}, s.controlExpire),
		"POST /_sandbox/delete":      changing(s, "account, entity, id", deleteRequest{}, s.controlDelete),
		"POST /_sandbox/rename":      changing(s, "account, subdomain, host", renameRequest{}, s.controlRename),
		"POST /_sandbox/unsorted":    changing(s, unsortedFields, unsortedDefaults, s.controlUnsorted),
		"POST /_sandbox/reset":       s.controlReset,
		"/_sandbox/":                 controlUnknown,
	})
}

func controlUnknown(r *http.Request) (any, error) {
	return nil, kit.StatusError{Status: http.StatusNotFound, Text: r.Method + " " + r.URL.Path + ": unknown control route; there are GET info, stats, faults; " +
		"POST faults, grant, code, revoke, expire, delete, rename, unsorted, reset, stats/reset; DELETE faults"}
}

// readControl decodes a control body. Nothing at all is an empty object.
func readControl(body io.Reader, into any, accepts string) error {
	dec := json.NewDecoder(body)
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if errors.Is(err, io.EOF) {
		return nil
	}
	var field kit.FieldError
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil && dec.More():
		return fmt.Errorf("body: accepted is one JSON object with %s", accepts)
	case errors.As(err, &field):
		return field
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return fmt.Errorf("%s: accepted is a %s, not a %s; fields are %s", wrongType.Field, wrongType.Type, wrongType.Value, accepts)
	case err != nil:
		return fmt.Errorf("body: %v; accepted is a JSON object with %s", err, accepts)
	}
	return nil
}

// findIntegration resolves a client id; empty is the configured integration.
func findIntegration(w *world.World, id string) (*world.Integration, error) {
	if id == "" {
		id = scenario.IntegrationID
	}
	if in := w.Integrations[id]; in != nil {
		return in, nil
	}
	return nil, fmt.Errorf("client_id: no integration %q; accepted are %s", id, strings.Join(world.SortedKeys(w.Integrations), ", "))
}

func (s *Control) controlStats(*http.Request) (any, error) {
	var hosts []string
	s.State.Read(func(state *world.World) {
		hosts = kit.Each(state.Accounts, func(_ int, a *world.Account) string { return a.Host })
	})
	return s.Stats.View(hosts), nil
}

func (s *Control) controlStatsReset(*http.Request) (any, error) {
	s.Stats.Reset()
	return map[string]bool{"ok": true}, nil
}

// controlReset goes back to the seed. What was under way for the old world ends without effect.
func (s *Control) controlReset(*http.Request) (any, error) {
	fresh := s.Fresh()
	s.State.Write(func(w *world.World) {
		fresh.Epoch, fresh.Rate = w.Epoch+1, w.Rate // the rate is how fast the machine's client is, no part of the story
		*w = *fresh
	})
	s.Courier.Forget()
	s.Gate.Faults.Clear()
	s.Gate.Limits.Reset()
	s.Stats.Reset()
	return s.saved(map[string]bool{"ok": true})
}

// changing reads the request of a control route over what it is without a body, and runs do on it under the write lock.
func changing[T any](s *Control, accepts string, req T, do func(w *world.World, r *http.Request, req T) (any, error)) kit.ControlHandler {
	return func(r *http.Request) (answer any, err error) {
		req := req
		if err := readControl(r.Body, &req, accepts); err != nil {
			return nil, err
		}
		s.State.Write(func(w *world.World) { answer, err = do(w, r, req) })
		if err != nil {
			return nil, err
		}
		return s.saved(answer)
	}
}

// saved is the answer once the state is on disk.
func (s *Control) saved(answer any) (any, error) {
	if err := s.State.Save(); err != nil {
		return nil, kit.StatusError{Status: http.StatusInternalServerError, Text: err.Error()}
	}
	return answer, nil
}
