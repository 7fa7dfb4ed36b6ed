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
	"github.com/sidecard/sidecard/sandbox/kit"
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

var webhookRoutes = []route{
	{"GET", "/webhooks", nil, listHooks},
	{"POST", "/webhooks", object(""), subscribe},
	{"DELETE", "/webhooks", object(""), deleted("Webhook", hookNamed, unsubscribe)},
}

// listHooks answers GET /webhooks?filter[destination]=…; none is an empty list, as for links.
func listHooks(q *call) answer {
	hooks := kept(q.A.Hooks, func(h *world.Hook) bool { return q.f.exact("destination", h.Destination) })
	return ok(totalled("webhooks", rendered(q, hooks, renderHook)))
}

// hookNamed is the subscription to the destination in the body.
func hookNamed(q *call) *world.Hook {
	return kit.First(q.A.Hooks, func(h *world.Hook) bool { return h.Destination == q.items[0]["destination"] })
}

// subscribe answers POST /webhooks with 201 and the bare hook. The same destination is updated, and enabled again.
func subscribe(q *call) answer {
	v := edit.NewCheck(q.A)
	h := readHook(v, q.items[0])
	old := hookNamed(q)
	if old == nil && len(q.A.Hooks) >= maxHooks {
		v.NotExpected("destination")
	}
	errs := *v.Errs
	switch {
	case v.Failed() && errs[0].Code == codeInvalidURL: // this one body has no "type"
		return func(w http.ResponseWriter) {
			api.WriteAs(w, "application/problem+json", http.StatusBadRequest, obj{
				"validation-errors": []edit.ItemErrors{{RequestID: "0", Errors: errs}}, "title": "Bad Request", "status": http.StatusBadRequest,
				"detail": "Request validation failed",
			})
		}
	case v.Failed():
		q.bad.Add("0", errs)
		return nil
	case old != nil:
		old.Settings, old.Sort, old.Disabled, old.Failures, old.UpdatedAt = h.Settings, h.Sort, false, nil, q.Now
		h = old
	default:
		h.ID, h.CreatedBy, h.CreatedAt, h.UpdatedAt = q.W.TakeID(), q.By, q.Now, q.Now
		q.A.Hooks = append(q.A.Hooks, h)
	}
	return hal(http.StatusCreated, renderHook(q, h))
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

func unsubscribe(q *call, h *world.Hook) (stays bool) {
	q.A.Hooks = without(q.A.Hooks, h)
	return false
}

func renderHook(q *call, h *world.Hook) obj {
	return obj{
		"id": h.ID, "destination": h.Destination, "created_at": h.CreatedAt, "updated_at": h.UpdatedAt, "account_id": q.A.ID,
		"created_by": h.CreatedBy, "sort": h.Sort, "disabled": h.Disabled, "settings": append([]string{}, h.Settings...),
	}
}
