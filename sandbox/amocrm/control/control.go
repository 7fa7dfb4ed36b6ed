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
		"POST /_sandbox/grant":       s.controlGrant,
		"POST /_sandbox/code":        s.controlCode,
		"POST /_sandbox/revoke":      s.controlRevoke,
		"POST /_sandbox/expire":      s.controlExpire,
		"POST /_sandbox/delete":      s.controlDelete,
		"POST /_sandbox/rename":      s.controlRename,
		"POST /_sandbox/unsorted":    s.controlUnsorted,
		"POST /_sandbox/reset":       s.controlReset,
		"/_sandbox/":                 controlUnknown,
	})
}

func controlUnknown(_ http.ResponseWriter, r *http.Request) error {
	return kit.StatusError{Status: http.StatusNotFound, Text: r.Method + " " + r.URL.Path + ": unknown control route; there are GET info, stats, faults; " +
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

func (s *Control) controlStats(w http.ResponseWriter, _ *http.Request) error {
	var hosts []string
	s.State.Read(func(state *world.World) {
		for _, a := range state.Accounts {
			hosts = append(hosts, a.Host)
		}
	})
	api.WriteJSON(w, http.StatusOK, s.Stats.View(hosts))
	return nil
}

func (s *Control) controlStatsReset(w http.ResponseWriter, _ *http.Request) error {
	s.Stats.Reset()
	api.WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
	return nil
}

// controlReset goes back to the seed. What was under way for the old world ends without effect.
func (s *Control) controlReset(w http.ResponseWriter, _ *http.Request) error {
	fresh := s.Fresh()
	s.State.Write(func(w *world.World) {
		fresh.Epoch, fresh.Rate = w.Epoch+1, w.Rate // the rate is how fast the machine's client is, no part of the story
		*w = *fresh
	})
	s.Courier.Forget()
	s.Gate.Faults.Clear()
	s.Gate.Limits.Reset()
	s.Stats.Reset()
	if err := s.State.Save(); err != nil {
		return kit.StatusError{Status: http.StatusInternalServerError, Text: err.Error()}
	}
	api.WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
	return nil
}

// savedAnswer answers once the state is on disk.
func (s *Control) savedAnswer(w http.ResponseWriter, answer any, err error) error {
	if err != nil {
		return err
	}
	if err := s.State.Save(); err != nil {
		return kit.StatusError{Status: http.StatusInternalServerError, Text: err.Error()}
	}
	api.WriteJSON(w, http.StatusOK, answer)
	return nil
}
