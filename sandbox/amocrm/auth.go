package amocrm

import (
	"net/http"
	"strconv"
	"strings"
)

// authenticate finds out who an API request acts for. The account is always that of the Host header; a refusal is
// what to answer instead of doing the work, with as much of the caller as is known.
func (g *gate) authenticate(r *http.Request) (who caller, refusal func(http.ResponseWriter)) {
	g.state.Read(func(w *World) {
		who.account = w.accountAt(r.Host)
		access, known := accessOf(w, r)
		if !known || access.Account != who.account.ID {
			refusal = unauthorized
			return
		}
		who.clientID, who.user = access.ClientID, access.User
		if access.Revoked || access.ExpiresAt <= g.now().Unix() {
			refusal = unauthorized
			return
		}
		if in := w.Integrations[access.ClientID]; in != nil {
			who.external = in.External
		}
		if as := r.Header.Get("X-Context-User-ID"); as != "" {
			who.user, refusal = who.account.actAs(as, access.User)
		}
	})
	return who, refusal
}

// accessOf finds the access token of a request among the issued ones.
func accessOf(w *World, r *http.Request) (*Access, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, false
	}
	jti, ok := tokenID(w.SigningKey, strings.TrimSpace(token))
	if !ok {
		return nil, false
	}
	g := w.Access[jti]
	return g, g != nil
}

// actAs is the user that an administrator's token acts as (amocrm.md §1.11): unknown and free users are refused.
func (a *Account) actAs(header string, granter int64) (int64, func(http.ResponseWriter)) {
	id, err := strconv.ParseInt(header, 10, 64)
	u, g := userOf(a, id), userOf(a, granter)
	if err == nil && u != nil && !u.Free && (id == granter || g != nil && g.Admin) {
		return id, nil
	}
	return granter, func(w http.ResponseWriter) {
		problem(w, http.StatusForbidden, "Forbidden", "Недостаточно прав")
	}
}

// admin reports whether the caller acts with an administrator's rights.
func (g *gate) admin(c caller) (admin bool) {
	g.state.Read(func(*World) {
		u := userOf(c.account, c.user)
		admin = u != nil && u.Admin
	})
	return admin
}

// forAdmins refuses everyone else before the request is looked at.
func (g *gate) forAdmins(h apiHandler) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		if !g.admin(c) {
			problem(w, http.StatusForbidden, "Forbidden", "Administrator rights are required")
			return
		}
		h(w, r, c)
	}
}

// firstAdmin is the user who grants and acts when nobody is named: an active administrator, else anyone.
func (a *Account) firstAdmin() *User {
	for _, u := range a.Users {
		if u.Admin && u.Active && !u.Free {
			return u
		}
	}
	if len(a.Users) > 0 {
		return a.Users[0]
	}
	return &User{}
}

// unauthorized is amoCRM's only word on tokens, whatever is wrong with them; its text is misleading there too.
func unauthorized(w http.ResponseWriter) {
	problem(w, http.StatusUnauthorized, "Unauthorized", "Неверный логин или пароль")
}
