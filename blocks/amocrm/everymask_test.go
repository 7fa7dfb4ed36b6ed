package amocrm

import (
	"html"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/crm/fields"
	"github.com/sidecard/sidecard/internal/crm/people"
	"github.com/sidecard/sidecard/internal/helpdesk"
	"github.com/sidecard/sidecard/internal/i18n"
)

// hiddenDigits are those of the one phone of the samples that a masked page must not hold, however they are parted.
var hiddenDigits = regexp.MustCompile(strings.Join(strings.Split("999123", ""), `[^0-9]{0,3}`))

const planted = " 8 (999) 123-45-67"

// texts are the members that hold what people have written; exact members get another value.
var (
	plantable = regexp.MustCompile(`^(Name|Position|Company|Text|Author|Tags|Subject|LastMessage|Inputs|Fields|Value|Comment|Detail|Values|Task)$`)
	replaced  = map[string]string{
		"Emails": "79991234567@example.com", "Link": "https://example.com/records/1701341234.79991234567-101.mp3",
		"Phones": "8 999 123-45-67", "URL": "https://wa.me/79991234567",
	}
)

// plant puts the phone wherever people may have written it.
func plant(v reflect.Value, member string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if s, ok := v.Interface().(string); ok && v.CanSet() && v.Kind() == reflect.Interface {
			v.Set(reflect.ValueOf(s + planted))
			return
		}
		plant(v.Elem(), member)
	case reflect.Slice:
		for i := range v.Len() {
			plant(v.Index(i), member)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			e := reflect.New(v.Type().Elem()).Elem()
			e.Set(v.MapIndex(k))
			switch k.String() {
			case "phone", "currency", "entity":
				continue
			}
			plant(e, member)
			v.SetMapIndex(k, e)
		}
	case reflect.Struct:
		shown, isShown := v.Addr().Interface().(*fields.Shown)
		_, isMatch := v.Addr().Interface().(*people.Match)
		if isMatch || isShown && (shown.Type == "monetary" || shown.Type == "date" || shown.Type == "checkbox") {
			return
		}
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Type().Field(i).IsExported() && name != "Kind" && name != "State" && name != "Ref" && !(isShown && name == "Name") {
				plant(v.Field(i), name)
			}
		}
	case reflect.String:
		switch other, ok := replaced[member]; {
		case member == "URL" && !strings.Contains(v.String(), "brief"): // addresses of amoCRM's own cards
		case ok && v.String() != "":
			v.SetString(other)
		case plantable.MatchString(member):
			v.SetString(v.String() + planted)
		}
	}
}

func TestMask_holdsOnEveryPage(t *testing.T) {
	shown := 0
	everyPage(t, []i18n.Lang{i18n.EN, i18n.RU}, func(w *fixture, ticket *helpdesk.Ticket) {
		w.tenants.settings.MaskPhones = true
		w.tenants.settings.DealName = "{{client.name}} {{client.phone}} {{ticket.subject}}"
		w.crm.form.Draft = deals.Draft{Name: "Chairs", Fields: map[int64][]string{35: {"grey"}}}
		for _, data := range []any{&w.crm.people, &w.crm.found, &w.crm.duplicates, &w.crm.card, &w.crm.feedItems, &w.crm.form.Draft,
			&w.crm.tasks, &w.crm.older, &w.crm.matches, &w.rules.trial, ticket} {
			plant(reflect.ValueOf(data).Elem(), "")
		}
	}, func(t *testing.T, rec *httptest.ResponseRecorder) {
		body := html.UnescapeString(rec.Body.String())
		if at := hiddenDigits.FindStringIndex(body); at != nil {
			t.Errorf("…%s…", body[max(0, at[0]-150):min(len(body), at[1]+60)])
		}
		shown += strings.Count(body, "•••-45-67")
	})
	if shown < 500 {
		t.Errorf("only %d phones were planted into all pages", shown)
	}
}
