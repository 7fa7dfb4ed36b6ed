package control

import (
	"maps"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// Shapes of GET /_sandbox/info.
type (
	infoAccount struct {
		ID        int64                  `json:"id"`
		Name      string                 `json:"name"`
		Subdomain string                 `json:"subdomain"`
		Host      string                 `json:"host"`
		BaseURL   string                 `json:"base_url"`
		FilterOn  bool                   `json:"filter_on"`
		Users     []infoUser             `json:"users"`
		Pipelines []infoPipeline         `json:"pipelines"`
		Fields    map[string][]infoField `json:"custom_fields"` // by entity
	}
	infoUser struct {
		ID     int64  `json:"id"`
		Name   string `json:"name"`
		Email  string `json:"email"`
		Admin  bool   `json:"admin"`
		Active bool   `json:"active"`
		Free   bool   `json:"free"`
	}
	infoPipeline struct {
		ID       int64        `json:"id"`
		Name     string       `json:"name"`
		Main     bool         `json:"main"`
		Statuses []infoStatus `json:"statuses"`
	}
	infoStatus struct {
		ID       int64  `json:"id"`
		Name     string `json:"name"`
		Unsorted bool   `json:"unsorted"`
	}
	infoField struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
		Code string `json:"code,omitempty"`
		Type string `json:"type"`
	}
	infoIntegration struct {
		ID            string `json:"id"`
		Secret        string `json:"secret"`
		Name          string `json:"name"`
		RedirectURI   string `json:"redirect_uri"`
		DisconnectURI string `json:"disconnect_uri,omitempty"`
		Account       int64  `json:"account,omitempty"`
		External      bool   `json:"external"`
	}
)

// controlInfo tells everything a test needs to know, merged with what the starter adds.
func (s *Control) controlInfo(r *http.Request) (any, error) {
	info := map[string]any{}
	s.State.Read(func(state *world.World) {
		accounts, integrations := []infoAccount{}, []infoIntegration{}
		for _, a := range state.Accounts {
			accounts = append(accounts, infoOf(a, api.Scheme(r)))
		}
		for _, id := range world.SortedKeys(state.Integrations) {
			in := state.Integrations[id]
			integrations = append(integrations, infoIntegration{
				in.ID, in.Secret, in.Name, in.RedirectURI, in.DisconnectURI, in.Account, in.External,
			})
		}
		info["accounts"], info["integrations"] = accounts, integrations
	})
	info["rate_per_second"], info["hooks_waiting"] = s.Gate.Rate(), s.Courier.Pending()
	if err := s.State.Failed(); err != nil {
		info["save_error"] = err.Error()
	}
	if s.Info != nil {
		maps.Copy(info, s.Info())
	}
	return info, nil
}

func infoOf(a *world.Account, scheme string) infoAccount {
	info := infoAccount{
		ID: a.ID, Name: a.Name, Subdomain: a.Subdomain, Host: a.Host, BaseURL: scheme + a.Host, FilterOn: a.FilterOn,
		Users: []infoUser{}, Pipelines: []infoPipeline{}, Fields: map[string][]infoField{},
	}
	for _, u := range a.Users {
		info.Users = append(info.Users, infoUser(*u))
	}
	for _, p := range a.Pipelines {
		ip := infoPipeline{ID: p.ID, Name: p.Name, Main: p.Main, Statuses: []infoStatus{}}
		for _, st := range p.Statuses {
			ip.Statuses = append(ip.Statuses, infoStatus{st.ID, st.Name, st.Type == world.UnsortedType})
		}
		info.Pipelines = append(info.Pipelines, ip)
	}
	for entity, fields := range a.Fields {
		list := []infoField{}
		for _, f := range fields {
			list = append(list, infoField{f.ID, f.Name, f.Code, f.Type})
		}
		info.Fields[entity] = list
	}
	return info
}
