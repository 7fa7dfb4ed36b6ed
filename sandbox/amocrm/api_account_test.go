package amocrm

import (
	"net/url"
	"regexp"
	"testing"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAPI_dateFormatHasTheNameThatClientsRead(t *testing.T) {
	b := startAPI(t, false)
	b.do("GET", "/account?with=datetime_settings", "").want(200).
		is("_embedded.datetime_settings.date_format", "d.m.Y").is("_embedded.datetime_settings.date_formant", "d.m.Y")
}

func TestAPI_driveIsAtTheHostThatWasAsked(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	for _, c := range []struct{ scheme, header, value string }{{"http", "Accept", "*/*"}, {"https", "X-Forwarded-Proto", "https"}} {
		r := b.do("GET", firstHost, account+"?with=drive_url", nil, "Authorization", "Bearer "+access, c.header, c.value)
		drive, ok := r.json(t)["drive_url"].(string)
		u, err := url.Parse(drive)
		if !ok || err != nil || u.Host != firstHost || u.Scheme != c.scheme {
			t.Errorf("drive_url %q (%v), want an address at %s://%s", drive, err, c.scheme, firstHost)
		}
	}
}

func TestAPI_driveSaysThatItKeepsNoFiles(t *testing.T) {
	b := start(t, nil)
	access, _ := b.grant()
	for _, path := range []string{"/drive/v1.0/sessions", "/drive/v1.0/files/00000000-0000-4000-8000-000000000000", "/drive"} {
		b.api("POST", path, access, "{}").saysNotKept(t, "files")
		wantStatus(t, b.api("GET", path, "x", nil), 401)
	}
	if requests := b.control("GET", "stats", nil)["requests"].(map[string]any); requests["POST /drive/ (unknown)"] == nil {
		t.Errorf("requests to the file service are not counted: %v", requests)
	}
}

func TestAPI_accountTellsItsInvoices(t *testing.T) {
	b := startAPI(t, false)
	b.do("GET", "/account?with=invoices_settings", "").want(200).is("invoices_settings", obj{"lang": "ru", "invoices_catalog_id": nil})
	id := b.do("POST", "/catalogs", `[{"name":"Bills","type":"invoices"}]`).want(200).id("_embedded.catalogs.0.id")
	b.do("GET", "/account?with=invoices_settings", "").want(200).is("invoices_settings.invoices_catalog_id", float64(id))
	b.do("GET", "/account", "").want(200).is("invoices_settings", nil)
}

func TestAPI_usersAndTheirGroupHaveUUIDs(t *testing.T) {
	b := startAPI(t, false)
	seen := map[string]bool{}
	differs := func(a answer, path string) string {
		t.Helper()
		id, _ := a.get(path).(string)
		if !uuidForm.MatchString(id) || seen[id] {
			t.Errorf("%s: %s is %q, want a UUID of its own", a.call, path, id)
		}
		seen[id] = true
		return id
	}
	users := b.do("GET", "/users?with=uuid,amojo_id,group", "").want(200)
	for _, path := range []string{"0.uuid", "0.amojo_id", "1.uuid", "1.amojo_id"} {
		differs(users, "_embedded.users."+path)
	}
	about := b.do("GET", "/account?with=users_groups,amojo_id", "").want(200)
	differs(about, "uuid")
	differs(about, "amojo_id")
	group := differs(about, "_embedded.users_groups.0.uuid")
	users.is("_embedded.users.0._embedded.groups.0.uuid", group)
	b.do("GET", "/users", "").want(200).is("_embedded.users.0.uuid", nil).is("_embedded.users.0.amojo_id", nil)
}
