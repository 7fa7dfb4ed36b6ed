package api

import (
	"net/http"
	"strconv"

	"github.com/sidecard/sidecard/sandbox/amocrm/token"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// authenticate finds out who an API request acts for. The account is always that of the Host header; a refusal is
// what to answer instead of doing the work, with as much of the caller as is known.
func (g *Gate) authenticate(r *http.Request) (who Caller, refusal func(http.ResponseWriter)) {
	g.State.Read(func(w *world.World) {
		who.Account = w.AccountAt(r.Host)
		access, known := token.AccessOf(w, r)
		if !known || access.Account != who.Account.ID {
			refusal = Unauthorized
			return
		}
		who.clientID, who.User = access.ClientID, access.User
		if access.Revoked || access.ExpiresAt <= g.Now().Unix() {
			refusal = Unauthorized
			return
		}
		if as := r.Header.Get("X-Context-User-ID"); as != "" {
			who.User, refusal = actAs(who.Account, as, access.User)
		}
	})
	return who, refusal
}

// actAs is the user that an administrator's token acts as (amocrm.md §1.11): unknown and free users are refused.
func actAs(a *world.Account, header string, granter int64) (int64, func(http.ResponseWriter)) {
	id, err := strconv.ParseInt(header, 10, 64)
	u, g := world.UserOf(a, id), world.UserOf(a, granter)
	if err == nil && u != nil && !u.Free && (id == granter || g != nil && g.Admin) {
		return id, nil
	}
	return granter, func(w http.ResponseWriter) {
		Problem(w, http.StatusForbidden, "Forbidden", "Недостаточно прав")
	}
}

// admin reports whether the caller acts with an administrator's rights.
func (g *Gate) admin(c Caller) (admin bool) {
	g.State.Read(func(*world.World) {
		u := world.UserOf(c.Account, c.User)
		admin = u != nil && u.Admin
	})
	return admin
}

// ForAdmins refuses everyone else before the request is looked at.
func (g *Gate) ForAdmins(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		if !g.admin(c) {
			Problem(w, http.StatusForbidden, "Forbidden", "Administrator rights are required")
			return
		}
		h(w, r, c)
	}
}
