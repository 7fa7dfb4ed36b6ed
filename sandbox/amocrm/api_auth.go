package amocrm

import (
	"net/http"
	"strconv"
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
			who.user, refusal = actAs(who.account, as, access.User)
		}
	})
	return who, refusal
}

// actAs is the user that an administrator's token acts as (amocrm.md §1.11): unknown and free users are refused.
func actAs(a *Account, header string, granter int64) (int64, func(http.ResponseWriter)) {
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
