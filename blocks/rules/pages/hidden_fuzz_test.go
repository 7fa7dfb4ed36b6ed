package pages

import (
	"strings"
	"testing"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/blocks/rules/texts"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

// What a person edits in the inbox of a company that hides phones is read or refused: never a panic, and never a hidden
// phone sent on as dots.
func FuzzEdit(f *testing.F) {
	catalog, err := i18n.NewCatalog(ui.Texts, texts.FS)
	if err != nil {
		f.Fatal(err)
	}
	masking := format(i18n.Format{Catalog: catalog, Lang: i18n.EN, Display: phone.Display{Region: "RU", Masked: true}, Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)})
	stored, err := request.Request{TicketID: 101, Comment: "Call +7 999 123-45-67"}.Text()
	if err != nil {
		f.Fatal(err)
	}
	shown := maskJSON(masking, stored)
	if !strings.ContainsRune(shown, '•') {
		f.Fatalf("nothing is hidden in %s", shown)
	}
	for _, typed := range []string{shown, stored, "", "{", "null", `{"ticketId":1,"comment":"•"}`, `{"ticketId":1,"fields":{"price":•}}`, `"\`, `{"ticketId":79991234567,"fields":{"name":"\ud800"}}`} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		text, err := unmaskJSON(masking, typed, stored)
		if err != nil {
			return
		}
		if typed == shown && text != stored {
			t.Errorf("what was shown comes back as %s", text)
		}
		r, _, err := request.Bind("application/json", []byte(text))
		if err != nil {
			return
		}
		again, err := r.Text()
		if err != nil {
			t.Fatalf("%q: %v", typed, err)
		}
		if _, _, err := request.Bind("application/json", []byte(again)); err != nil {
			t.Errorf("%q was read, and what it is shown as is refused: %v\n%s", typed, err, again)
		}
	})
}
