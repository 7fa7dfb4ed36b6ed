package control

import (
	"maps"
	"net/http"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
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
		info["accounts"] = kit.Each(state.Accounts, func(_ int, a *world.Account) infoAccount { return infoOf(a, api.Scheme(r)) })
		info["integrations"] = kit.Each(world.SortedKeys(state.Integrations), func(_ int, id string) infoIntegration {
			in := state.Integrations[id]
			return infoIntegration{in.ID, in.Secret, in.Name, in.RedirectURI, in.DisconnectURI, in.Account, in.External}
		})
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
		Users:  kit.Each(a.Users, func(_ int, u *world.User) infoUser { return infoUser(*u) }),
		Fields: map[string][]infoField{},
		Pipelines: kit.Each(a.Pipelines, func(_ int, p *world.Pipeline) infoPipeline {
			return infoPipeline{p.ID, p.Name, p.Main, kit.Each(p.Statuses, func(_ int, st *world.Status) infoStatus {
				return infoStatus{st.ID, st.Name, st.Type == world.UnsortedType}
			})}
		}),
	}
	for entity, fields := range a.Fields {
		info.Fields[entity] = kit.Each(fields, func(_ int, f *world.Field) infoField { return infoField{f.ID, f.Name, f.Code, f.Type} })
	}
	return info
}
