package amocrm

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Account returns the account behind the token; it is the connection test as well (amocrm.md §2).
func (c AccountAPI) Account(ctx context.Context) (Account, error) {
	k := call{route: "/account", query: url.Values{"with": {"datetime_settings,is_api_filter_enabled,task_types"}}}
	var a Account
	found, err := c.read(ctx, k, &a)
	if err == nil && (!found || a.ID == 0) {
		err = &Error{Op: "GET /account", Status: http.StatusOK, Kind: KindUpstream, Detail: "the answer names no account"}
	}
	return a, err
}

// Users returns all users; ErrForbidden when the grant is not an administrator's (amocrm.md §3.1).
func (c AccountAPI) Users(ctx context.Context) ([]User, error) {
	return all[User](ctx, c.core, call{route: "/users", query: fullPages()}, "users")
}

// User returns one user; ErrNotFound when there is none.
func (c AccountAPI) User(ctx context.Context, id ID) (User, error) {
	return single[User](ctx, c.core, call{route: "/users/{id}", ids: []ID{id}})
}

// Pipelines returns all pipelines, archived ones included, and their stages, both in their Sort order (amocrm.md §3.2).
func (c AccountAPI) Pipelines(ctx context.Context) ([]Pipeline, error) {
	out, err := all[Pipeline](ctx, c.core, call{route: "/leads/pipelines"}, "pipelines")
	slices.SortStableFunc(out, func(a, b Pipeline) int { return cmp.Compare(a.Sort, b.Sort) })
	return out, err
}

// LossReasons returns the reasons for lost leads in their order; nil when the account has none (amocrm.md §3.3).
func (c AccountAPI) LossReasons(ctx context.Context) ([]LossReason, error) {
	out, err := all[LossReason](ctx, c.core, call{route: "/leads/loss_reasons", query: fullPages()}, "loss_reasons")
	slices.SortStableFunc(out, func(a, b LossReason) int { return cmp.Compare(a.Sort, b.Sort) })
	return out, err
}

// Fields returns all custom fields of a plural entity in their order (amocrm.md §3.4).
func (c AccountAPI) Fields(ctx context.Context, entity string) ([]Field, error) {
	if !slices.Contains(noteEntities, entity) {
		return nil, refuse("GET /{entity}/custom_fields", "entity %.20q has no fields", entity)
	}
	k := call{route: "/" + entity + "/custom_fields", query: fullPages()}
	out, err := all[Field](ctx, c.core, k, "custom_fields")
	slices.SortStableFunc(out, func(a, b Field) int { return cmp.Compare(a.Sort, b.Sort) })
	return out, err
}

func fullPages() url.Values { return url.Values{"limit": {strconv.Itoa(maxPerPage)}} }
