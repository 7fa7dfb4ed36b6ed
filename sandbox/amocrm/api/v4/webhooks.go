package v4

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/edit"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// maxHooks is how many subscriptions an account may have (amocrm.md §8.1).
const maxHooks = 100

// codeInvalidURL is the code of a refused destination (EX error-400-webhook-invalid-url.json).
const codeInvalidURL = "57c2f299-1154-4870-89bb-ef3b1f5ad229"

// hookSettings are the events that may be subscribed to (amocrm.md §7.1).
var hookSettings = func() []string {
	list := strings.Fields("status_lead restore_lead restore_contact restore_company add_talk update_talk add_chat_template_review add_message")
	for _, kind := range strings.Fields("lead contact company customer task") {
		list = append(list, "responsible_"+kind, "add_"+kind, "update_"+kind, "delete_"+kind)
		if kind != "task" {
			list = append(list, "note_"+kind)
		}
	}
	return list
}()

func (s webhooks) routes() []route {
	return []route{
		{"GET", "/webhooks", s.Gate.ForAdmins(s.list)},
		{"POST", "/webhooks", s.Gate.ForAdmins(s.subscribe)},
		{"DELETE", "/webhooks", s.Gate.ForAdmins(s.unsubscribe)},
	}
}

// list answers GET /webhooks?filter[destination]=…; none is an empty list, as for links.
func (s webhooks) list(w http.ResponseWriter, r *http.Request, c api.Caller) {
	f := filters{r.URL.Query()}
	items := []obj{}
	s.State.Read(func(*world.World) {
		for _, h := range c.Account.Hooks {
			if f.exact("destination", h.Destination) {
				items = append(items, renderHook(c.Account, h))
			}
		}
	})
	api.WriteHAL(w, http.StatusOK, obj{"_total_items": len(items), "_embedded": obj{"webhooks": items}})
}

// subscribe answers POST /webhooks with 201 and the bare hook. The same destination is updated, and enabled again.
func (s webhooks) subscribe(w http.ResponseWriter, r *http.Request, c api.Caller) {
	m, ok := api.ReadObject(w, r)
	if !ok {
		return
	}
	var o obj
	var errs []edit.FieldError
	s.State.Write(func(state *world.World) {
		a := c.Account
		v := edit.NewCheck(a)
		h := readHook(v, m)
		at := slices.IndexFunc(a.Hooks, func(old *world.Hook) bool { return old.Destination == h.Destination })
		if at < 0 && len(a.Hooks) >= maxHooks {
			v.NotExpected("destination")
		}
		if errs = *v.Errs; len(errs) > 0 {
			return
		}
		now := s.Now().Unix()
		if at >= 0 {
			old := a.Hooks[at]
			old.Settings, old.Sort, old.Disabled, old.Failures, old.UpdatedAt = h.Settings, h.Sort, false, nil, now
			o = renderHook(a, old)
			return
		}
		h.ID, h.CreatedBy, h.CreatedAt, h.UpdatedAt = state.TakeID(), c.User, now, now
		a.Hooks = append(a.Hooks, h)
		o = renderHook(a, h)
	})
	switch {
	case len(errs) > 0 && errs[0].Code == codeInvalidURL: // this one body has no "type"
		api.WriteAs(w, "application/problem+json", http.StatusBadRequest, obj{
			"validation-errors": []edit.ItemErrors{{RequestID: "0", Errors: errs}}, "title": "Bad Request", "status": http.StatusBadRequest,
			"detail": "Request validation failed",
		})
	case len(errs) > 0:
		(&edit.Refusal{Items: []edit.ItemErrors{{RequestID: "0", Errors: errs}}}).Write(w)
	default:
		api.WriteHAL(w, http.StatusCreated, o)
	}
}

// readHook checks a subscription. Unlike amoCRM it does not look the host up in DNS. Domains in Cyrillic are refused, as there.
func readHook(v edit.Check, m obj) *world.Hook {
	h := &world.Hook{Sort: edit.Or(v.Integer(m, "sort"), 1)}
	if to := v.Required(m, "destination"); to != nil {
		h.Destination = *to
		u, err := url.Parse(*to)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || !ascii(u.Host) {
			v.Fail(codeInvalidURL, "destination.destination", "Invalid URL")
		}
	}
	if m["settings"] == nil {
		v.Missing("settings")
	}
	for i, raw := range v.List(m, "settings") {
		name, ok := raw.(string)
		if !ok || !slices.Contains(hookSettings, name) {
			v.Choice(fmt.Sprintf("settings.%d", i))
			continue
		}
		if !slices.Contains(h.Settings, name) {
			h.Settings = append(h.Settings, name)
		}
	}
	return h
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c > unicode.MaxASCII })
}

// unsubscribe answers DELETE /webhooks, whose body names the destination.
func (s webhooks) unsubscribe(w http.ResponseWriter, r *http.Request, c api.Caller) {
	m, ok := api.ReadObject(w, r)
	if !ok {
		return
	}
	answerDeleted(s.State, w, "Webhook", func() (found, kept bool) {
		left := slices.DeleteFunc(slices.Clone(c.Account.Hooks), func(h *world.Hook) bool { return h.Destination == m["destination"] })
		found = len(left) < len(c.Account.Hooks)
		c.Account.Hooks = left
		return found, false
	})
}

func renderHook(a *world.Account, h *world.Hook) obj {
	settings := slices.Clone(h.Settings)
	if settings == nil {
		settings = []string{}
	}
	return obj{
		"id": h.ID, "destination": h.Destination, "created_at": h.CreatedAt, "updated_at": h.UpdatedAt,
		"account_id": a.ID, "created_by": h.CreatedBy, "sort": h.Sort, "disabled": h.Disabled, "settings": settings,
	}
}
