package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// settingsPage lists who is connected.
type settingsPage struct {
	frame
	Integrations []integrationRow
	Hooks        []hookRow
	Done         string
}

type integrationRow struct {
	ID, Name, RedirectURI, DisconnectURI string
	External, Connected                  bool
	Grants                               []string
}

type hookRow struct {
	Destination, Settings string
	Disabled              bool
	Failures              int
}

func (s *Pages) settings(w *world.World, a *world.Account, r *http.Request) (string, pageData) {
	p := &settingsPage{}
	if r.URL.Query().Has("disconnected") {
		p.Done = "The integration is disconnected."
	}
	for _, clientID := range world.SortedKeys(w.Integrations) {
		in := w.Integrations[clientID]
		row := integrationRow{ID: in.ID, Name: in.Name, RedirectURI: in.RedirectURI, DisconnectURI: in.DisconnectURI, External: in.External}
		for _, t := range w.Refresh {
			if t.ClientID == in.ID && t.Account == a.ID && !t.Used && !t.Revoked {
				row.Grants = append(row.Grants, shownTime(a, t.IssuedAt)+", "+byline(a, t.User))
			}
		}
		slices.Sort(row.Grants)
		row.Connected = len(row.Grants) > 0
		if in.Account == 0 && !in.External || in.Account == a.ID || row.Connected {
			p.Integrations = append(p.Integrations, row)
		}
	}
	p.Hooks = kit.Each(a.Hooks, func(_ int, h *world.Hook) hookRow {
		return hookRow{h.Destination, strings.Join(h.Settings, ", "), h.Disabled, len(h.Failures)}
	})
	return "Settings", p
}

// disconnectForm ends the grants of an integration in this account and calls its disconnect hook.
func (s *Pages) disconnectForm(w http.ResponseWriter, r *http.Request) {
	clientID := r.PostFormValue("client_id")
	var account int64
	known := false
	s.State.Read(func(state *world.World) {
		account = state.AccountAt(r.Host).ID
		_, known = state.Integrations[clientID]
	})
	if !known {
		s.noPage(w, r, "There is no such integration.")
		return
	}
	if _, err := s.Grants.Disconnect(account, clientID, true); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/settings/?"+url.Values{"disconnected": {"1"}}.Encode(), http.StatusSeeOther)
}
