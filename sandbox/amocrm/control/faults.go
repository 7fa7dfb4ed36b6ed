package control

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

const faultFields = "latency_ms, status, html_403, html_429, drop_after_commit, drop_before, routes, method, times, account, " +
	"index_lag_ms, rate_per_second, filter_on, tariff_ended, replace"

// fault is an api.Fault by the name under which error texts know it.
type fault api.Fault

// faultRequest is a fault together with the switches that are no faults of requests but states of accounts.
type faultRequest struct {
	fault
	IndexLagMS    *int64  `json:"index_lag_ms"`    // how long a new contact stays hidden from query
	RatePerSecond *int    `json:"rate_per_second"` // the 429 threshold
	FilterOn      *bool   `json:"filter_on"`
	TariffEnded   *tariff `json:"tariff_ended"`
	Replace       bool    `json:"replace"`
}

// tariff is false, true or "writes" (writes answer 402), or "all" (reads too).
type tariff struct{ writes, reads bool }

// UnmarshalJSON takes a bool or a word.
func (t *tariff) UnmarshalJSON(raw []byte) error {
	switch string(raw) {
	case "false":
		*t = tariff{}
	case "true", `"writes"`:
		*t = tariff{writes: true}
	case `"all"`:
		*t = tariff{writes: true, reads: true}
	default:
		return kit.WrongField("tariff_ended", `false, true (writes answer 402) or "all" (reads too)`)
	}
	return nil
}

// controlSetFaults adds a fault; an empty object clears all of them.
func (s *Control) controlSetFaults(r *http.Request) (any, error) {
	var raw json.RawMessage
	if err := readControl(r.Body, &raw, faultFields); err != nil {
		return nil, err
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); len(raw) > 0 && err != nil {
		return nil, kit.WrongField("body", "a JSON object with "+faultFields)
	}
	if len(given) == 0 {
		return s.controlClearFaults(r)
	}
	var req faultRequest
	if err := readControl(bytes.NewReader(raw), &req, faultFields); err != nil {
		return nil, err
	}
	f := api.Fault(req.fault)
	if err := f.Check(); err != nil {
		return nil, err
	}
	if req.IndexLagMS != nil && (*req.IndexLagMS < 0 || *req.IndexLagMS > 600_000) {
		return nil, kit.WrongField("index_lag_ms", "0 to 600000 milliseconds")
	}
	if req.RatePerSecond != nil && (*req.RatePerSecond < 1 || *req.RatePerSecond > api.MaxRate) {
		return nil, kit.WrongField("rate_per_second", "1 to 1000000 requests")
	}
	var account *world.Account
	if req.Account != "" {
		var err error
		s.State.Read(func(state *world.World) { account, err = req.Account.Find(state) })
		if err != nil {
			return nil, err
		}
		f.AccountID = account.ID
	}
	if req.Replace {
		s.clearFaults()
	}
	s.State.Write(func(state *world.World) { s.switchAccounts(state, account, req) })
	if f.Acts() || f.HTML429 {
		s.Gate.Faults.Add(f, f.Times)
	}
	return s.controlFaults(r)
}

// switchAccounts applies the account switches to one account, or to all for nil. The caller holds the write lock.
func (s *Control) switchAccounts(w *world.World, only *world.Account, req faultRequest) {
	if req.IndexLagMS != nil {
		w.IndexLag = time.Duration(*req.IndexLagMS) * time.Millisecond
	}
	if req.RatePerSecond != nil {
		w.Rate = *req.RatePerSecond
	}
	for _, a := range w.Accounts {
		if only != nil && only.ID != a.ID {
			continue
		}
		if req.FilterOn != nil {
			a.FilterOn = *req.FilterOn
		}
		if req.TariffEnded != nil {
			a.TariffEnded, a.ReadsBlocked = req.TariffEnded.writes, req.TariffEnded.reads
		}
	}
}

// clearFaults ends the faults and puts the account switches back to the scenario.
func (s *Control) clearFaults() {
	s.Gate.Faults.Clear()
	s.State.Write(func(w *world.World) {
		w.IndexLag, w.Rate = 0, 0
		for _, a := range w.Accounts {
			a.TariffEnded, a.ReadsBlocked = false, false
			for _, told := range s.Scenario.Accounts {
				if told.ID == a.ID {
					a.FilterOn = told.FilterOn
				}
			}
		}
	})
}

func (s *Control) controlClearFaults(r *http.Request) (any, error) {
	s.clearFaults()
	return s.controlFaults(r)
}

// accountSwitches are the switches of one account.
type accountSwitches struct {
	FilterOn     bool `json:"filter_on"`
	TariffEnded  bool `json:"tariff_ended"`
	ReadsBlocked bool `json:"reads_blocked"`
}

// controlFaults lists what is active.
func (s *Control) controlFaults(*http.Request) (any, error) {
	accounts := map[string]accountSwitches{}
	var lag int64
	s.State.Read(func(state *world.World) {
		lag = state.IndexLag.Milliseconds()
		for _, a := range state.Accounts {
			accounts[a.Host] = accountSwitches{a.FilterOn, a.TariffEnded, a.ReadsBlocked}
		}
	})
	return map[string]any{
		"faults": s.Gate.Faults.Active(api.Fault.WithTimes), "index_lag_ms": lag, "rate_per_second": s.Gate.Rate(), "accounts": accounts,
	}, nil
}
