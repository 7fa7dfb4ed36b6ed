package v4

import (
	"crypto/sha1"
	"fmt"
	"time"

	"github.com/sidecard/sidecard/sandbox/amocrm/api"
	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

var accountRoutes = []route{
	{"GET", "/account", nil, getAccount},
	{"GET", "/users", nil, counted("users", func(q *call) []*world.User { return q.A.Users }, renderUser)},
	{"GET", "/users/{id}", nil, one("User", func(q *call) *world.User { return world.UserOf(q.A, q.id("id")) }, renderUser)},
}

// getAccount answers GET /account (EX account.json, with=… for the rest).
func getAccount(q *call) answer {
	a := q.A
	o := obj{
		"id": a.ID, "name": a.Name, "subdomain": a.Subdomain, "current_user_id": q.By, "country": a.Country,
		"customers_mode": "unavailable", "is_unsorted_on": true, "is_loss_reason_enabled": true,
		"is_helpbot_enabled": false, "is_technical_account": false, "contact_name_display_order": 1,
		"created_at": world.AccountBirth, "created_by": 0, "updated_at": world.AccountBirth, "updated_by": 0,
		"currency": a.Currency, "currency_symbol": a.CurrencySign, "mobile_feature_version": 0, "language": a.Language,
		"_links": q.self("account"),
	}
	q.add(o, obj{
		"amojo_id": stableUUID("amojo account", a.ID), "version": 16, "drive_url": api.BaseURL(q.r) + api.DrivePath,
		"is_api_filter_enabled": a.FilterOn, "entity_names": entityNames, "invoices_settings": invoicesSettings(a), "uuid": accountUUID(a),
	})
	if q.with["amojo_id"] {
		o["uuid"] = accountUUID(a)
	}
	e := obj{}
	q.add(e, obj{
		"amojo_rights": obj{"can_direct": true, "can_create_groups": true},
		"users_groups": []obj{userGroup(a)},
		"task_types": []obj{
			{"id": world.TaskFollowUp, "name": "Связаться", "color": nil, "icon_id": nil, "code": "FOLLOW_UP"},
			{"id": world.TaskMeeting, "name": "Встреча", "color": nil, "icon_id": nil, "code": "MEETING"},
		},
		"datetime_settings": obj{
			"date_pattern": "d.m.Y H:i", "short_date_pattern": "d.m.Y", "short_time_pattern": "H:i",
			"date_format": "d.m.Y", "date_formant": "d.m.Y", // clients read the first, the published sample prints the second
			"time_format": "H:i:s", "timezone": a.Timezone,
			"timezone_offset": zoneOffset(a.Timezone, time.Unix(q.Now, 0)),
		},
	})
	if len(e) > 0 {
		o["_embedded"] = e
	}
	return ok(o)
}

// userGroup is the one group, id 0, that all users are in.
func userGroup(a *world.Account) obj {
	return obj{"id": 0, "name": "Отдел продаж", "uuid": stableUUID("group", a.ID)}
}

// invoicesSettings name the account's list of invoices, if it has one.
func invoicesSettings(a *world.Account) obj {
	o := obj{"lang": a.Language, "invoices_catalog_id": nil}
	for _, c := range a.Catalogs {
		if c.Type == "invoices" {
			o["invoices_catalog_id"] = c.ID
		}
	}
	return o
}

func accountUUID(a *world.Account) string { return stableUUID("account", a.ID) }

// stableUUID is the UUID of a thing that has an id; it stays the same over restarts.
func stableUUID(kind string, id int64) string {
	h := sha1.Sum(fmt.Appendf(nil, "%s %d", kind, id))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80 // version 5, made of a name
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// zoneOffset is "+03:00"; an unknown zone is UTC.
func zoneOffset(zone string, now time.Time) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return now.In(loc).Format("-07:00")
}

// entityNames is what leads are called (EX account.json).
var entityNames = obj{"leads": obj{
	"ru": obj{
		"gender": "f",
		"plural_form": obj{
			"dative": "сделкам", "default": "сделки", "genitive": "сделок", "accusative": "сделки",
			"instrumental": "сделками", "prepositional": "сделках",
		},
		"singular_form": obj{
			"dative": "сделке", "default": "сделка", "genitive": "сделки", "accusative": "сделку",
			"instrumental": "сделкой", "prepositional": "сделке",
		},
	},
	"en": obj{"singular_form": obj{"default": "lead"}, "plural_form": obj{"default": "leads"}, "gender": "f"},
	"es": obj{"singular_form": obj{"default": "acuerdo"}, "plural_form": obj{"default": "acuerdos"}, "gender": "m"},
}}

// renderUser is a user as GET answers it (EX user-by-id.json, users-list.json).
func renderUser(q *call, u *world.User) obj {
	all := func() obj { return obj{"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"} }
	o := obj{
		"id": u.ID, "name": u.Name, "email": u.Email, "lang": q.A.Language,
		"rights": obj{
			"leads": all(), "contacts": all(), "companies": all(), "tasks": obj{"edit": "A", "delete": "A"},
			"mail_access": u.Admin, "catalog_access": true, "status_rights": nil, "is_admin": u.Admin,
			"is_free": u.Free, "is_active": u.Active, "group_id": nil, "role_id": nil,
		},
		"_links": q.self("users", u.ID),
	}
	q.add(o, obj{"uuid": stableUUID("user", u.ID), "amojo_id": stableUUID("amojo user", u.ID), "user_rank": nil, "phone_number": nil})
	e := obj{}
	if q.with["role"] {
		e["roles"] = []obj{}
	}
	if q.with["group"] {
		e["groups"] = []obj{userGroup(q.A)}
	}
	if len(e) > 0 {
		o["_embedded"] = e
	}
	return o
}
