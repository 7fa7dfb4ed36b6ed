package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/oauth"
	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
	"github.com/sidecard/sidecard/sandbox/kit"
)

// secretsTimeout bounds the call that hands a new integration its secret.
const secretsTimeout = 5 * time.Second

// ownPages refuses form posts that come from other sites.
var ownPages = http.NewCrossOriginProtection()

// consent is what a site asks for: a known integration, or one that is to be made from metadata. Its parameters travel from
// the page's address through its form.
type consent struct{ url.Values }

// sentence is an error in a person's words, shown on the page as it is.
func sentence(format string, values ...any) error { return fmt.Errorf(format, values...) }

// external reports whether the consent makes a new integration.
func (c consent) external() bool {
	return c.Get("client_id") == "" && (c.Get("secrets_uri") != "" || c.Get("name") != "")
}

// back is where the person goes next, with what the site is told.
func (c consent) back(in *world.Integration, q url.Values) string {
	if state := c.Get("state"); state != "" {
		q.Set("state", state)
	}
	return oauth.AddQuery(in.RedirectURI, q)
}

// integration finds what is asked for, or says in a person's words what is wrong. The caller holds a lock.
func (c consent) integration(w *world.World) (*world.Integration, error) {
	if !c.external() {
		clientID := c.Get("client_id")
		in := w.Integrations[clientID]
		switch {
		case clientID == "":
			return nil, sentence("The address has no client_id. A site sends people here with the id of its integration.")
		case in == nil:
			return nil, sentence("There is no integration with the id %q here. Check the client_id that the site is configured with.", clientID)
		case in.RedirectURI == "":
			return nil, sentence("The integration %q has no redirect URI, so there is no way back to the site.", in.Name)
		}
		return in, nil
	}
	if c.Get("name") == "" {
		return nil, sentence("The button has no data-name, so there is nothing to call the new integration.")
	}
	for _, field := range []string{"redirect_uri", "secrets_uri"} {
		address := c.Get(field)
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, sentence("The button's data-%s %q is no http or https address.", field, address)
		}
	}
	in := &world.Integration{ID: token.UUID(), Secret: token.Hex(32), Name: c.Get("name"), RedirectURI: c.Get("redirect_uri"), External: true}
	for scope := range strings.SplitSeq(c.Get("scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			in.Scopes = append(in.Scopes, scope)
		}
	}
	return in, nil
}

// consentPage is what the template shows.
type consentPage struct {
	frame
	Ask      consent
	Name     string
	Scopes   []string
	Accounts []consentAccount
	Error    string
}

type consentAccount struct {
	ID         int64
	Name, Host string
	Admin      string
	Users      []world.User
	Selected   bool
}

// askConsent shows who asks for what and lets a person choose an account.
func (s *Pages) askConsent(w http.ResponseWriter, r *http.Request) {
	s.showConsent(w, r, consent{r.URL.Query()}, "", http.StatusOK)
}

func (s *Pages) showConsent(w http.ResponseWriter, r *http.Request, ask consent, trouble string, status int) {
	page := consentPage{Ask: ask, Error: trouble}
	var err error
	s.State.Read(func(state *world.World) {
		page.frame = frameOf(state.AccountAt(r.Host), "Access request")
		var in *world.Integration
		if in, err = ask.integration(state); err != nil {
			return
		}
		page.Name, page.Scopes = in.Name, in.Scopes
		if len(page.Scopes) == 0 {
			page.Scopes = oauth.AllScopes
		}
		for _, a := range state.Accounts {
			if in.Account != 0 && in.Account != a.ID {
				continue
			}
			ca := consentAccount{ID: a.ID, Name: a.Name, Host: a.Host, Admin: a.FirstAdmin().Name, Selected: strings.EqualFold(a.Host, r.Host)}
			for _, u := range a.Users {
				if u.Active && !u.Free {
					ca.Users = append(ca.Users, *u)
				}
			}
			page.Accounts = append(page.Accounts, ca)
		}
	})
	if err != nil {
		page.Error, status = err.Error(), http.StatusBadRequest
	}
	render(w, status, "consent", page)
}

// decideConsent takes the person's answer.
func (s *Pages) decideConsent(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.showConsent(w, r, consent{}, "The form could not be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	ask := consent{r.PostForm}
	if ask.Get("decision") != "allow" {
		s.refuseConsent(w, r, ask)
		return
	}
	accountID, err := strconv.ParseInt(ask.Get("account"), 10, 64)
	if err != nil {
		s.showConsent(w, r, ask, "Choose an account.", http.StatusBadRequest)
		return
	}
	back, err := s.grantConsent(r.Context(), ask, accountID, kit.ParseID(ask.Get("user"))) // no user is the administrator
	if err != nil {
		s.showConsent(w, r, ask, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	s.sendBack(w, r, ask, back, false)
}

// grantConsent makes the code, and for the button with metadata the integration before it: the site has the secret
// before it gets the code. It returns where the person goes next.
func (s *Pages) grantConsent(ctx context.Context, ask consent, accountID, userID int64) (string, error) {
	var in *world.Integration
	var a *world.Account
	var err error
	s.State.Read(func(w *world.World) {
		if in, err = ask.integration(w); err == nil {
			a, userID, err = granter(w, in, accountID, userID)
		}
	})
	if err != nil {
		return "", err
	}
	if in.External && ask.external() {
		s.State.Write(func(w *world.World) { w.Integrations[in.ID] = in })
		if err := s.tellSecret(ctx, in, ask); err != nil {
			s.State.Write(func(w *world.World) { delete(w.Integrations, in.ID) })
			return "", err
		}
	}
	var code string
	s.State.Write(func(w *world.World) { code = s.Grants.IssueCode(w, in, a, userID).Value })
	if err := s.State.Save(); err != nil {
		return "", err
	}
	return ask.back(in, url.Values{"code": {code}, "referer": {world.HostOf(s.State, a)}, "client_id": {in.ID}, "platform": {"1"}}), nil
}

// granter checks who may grant: the first grant in an account is an administrator's (amocrm.md §1.1).
func granter(w *world.World, in *world.Integration, accountID, userID int64) (*world.Account, int64, error) {
	a := w.AccountByID(accountID)
	if a == nil || in.Account != 0 && in.Account != a.ID {
		return nil, 0, sentence("Choose one of the accounts in the list.")
	}
	if userID == 0 {
		return a, a.FirstAdmin().ID, nil
	}
	u := world.UserOf(a, userID)
	switch {
	case u == nil || !u.Active || u.Free:
		return nil, 0, sentence("This person does not belong to %s. Choose a person of that account.", a.Name)
	case !u.Admin && !oauth.Granted(w, a.ID, in.ID):
		return nil, 0, sentence("The first to connect an integration must be an administrator; %s is none.", u.Name)
	}
	return a, u.ID, nil
}

// tellSecret makes the secrets call of amocrm.md §1.9. It holds no lock: the site may well call back meanwhile.
func (s *Pages) tellSecret(ctx context.Context, in *world.Integration, ask consent) error {
	raw, err := json.Marshal(map[string]string{"client_id": in.ID, "client_secret": in.Secret, "state": ask.Get("state")})
	if err != nil {
		return fmt.Errorf("encode secrets call: %w", err)
	}
	address := ask.Get("secrets_uri")
	ctx, stop := context.WithTimeout(ctx, secretsTimeout)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return sentence("The site's secrets address %q can't be called: %v", address, err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.Sites.RoundTrip(req)
	if err != nil {
		return sentence("The site's secrets address did not answer, so nothing was connected: %v", err)
	}
	defer res.Body.Close() //nolint:errcheck // nothing was written
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return sentence("The site's secrets address %s answered %s, so nothing was connected.", address, res.Status)
	}
	return nil
}

// refuseConsent goes back with the one known error code.
func (s *Pages) refuseConsent(w http.ResponseWriter, r *http.Request, ask consent) {
	var in *world.Integration
	var err error
	s.State.Read(func(state *world.World) { in, err = ask.integration(state) })
	if err != nil {
		s.showConsent(w, r, ask, err.Error(), http.StatusBadRequest)
		return
	}
	s.sendBack(w, r, ask, ask.back(in, url.Values{"error": {"access_denied"}}), true)
}

// donePage closes the popup and sends its opener on.
type donePage struct {
	frame
	URL      string
	ClientID string
	Refused  bool // and the button tells its page itself
}

// sendBack redirects in this window, or in popup mode sends the window's opener. Both work without script: the popup
// has a link.
func (s *Pages) sendBack(w http.ResponseWriter, r *http.Request, ask consent, back string, refused bool) {
	if ask.Get("mode") != "popup" {
		http.Redirect(w, r, back, http.StatusFound)
		return
	}
	page := donePage{URL: back, ClientID: ask.Get("client_id"), Refused: refused && ask.Get("error_callback") == "1"}
	s.State.Read(func(state *world.World) { page.frame = frameOf(state.AccountAt(r.Host), "Back to the site") })
	render(w, http.StatusOK, "consent_done", page)
}
