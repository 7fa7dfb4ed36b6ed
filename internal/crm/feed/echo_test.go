package feed

import (
	"testing"

	"github.com/sidecard/sidecard/internal/crm"
)

func TestEcho_ofACommentHidesNoOtherChange(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "", 21)
	echo := func(aspect string) string {
		t.Helper()
		writer, err := f.Writer(t.Context(), "leads", 21, aspect)
		if err != nil {
			t.Fatal(err)
		}
		return writer
	}
	if _, err := f.Comment(t.Context(), 21, "of nobody we know", false); err != nil {
		t.Fatal(err)
	}
	if got := echo(crm.AspectNote); got != "" {
		t.Errorf("a write without a name echoes as %q", got)
	}
	if _, err := New(f.WrittenBy("me")).Comment(t.Context(), 21, "hello", false); err != nil {
		t.Fatal(err)
	}
	if note, data := echo(crm.AspectNote), echo(crm.AspectData); note != "me" || data != "" {
		t.Errorf("after a comment: note by %q, data by %q", note, data)
	}
}
