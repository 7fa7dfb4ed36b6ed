package deal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm/deals"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/phone"
)

func TestMask_changingADealKeepsItsHiddenPhones(t *testing.T) {
	name := "Call from 8(999)123-45-67"
	whole := deals.Edit{
		Name: name, Values: map[int64][]string{1: {"ring +79991234567"}}, Fields: []amoapi.Field{{ID: 1, Type: "textarea"}},
	}
	f := i18n.Format{Display: phone.Display{Region: "RU", Masked: true}}
	hidden, ring := f.Words(name), f.Words("ring +79991234567")
	if strings.Contains(hidden+ring, "123") {
		t.Fatal(hidden, ring)
	}
	got, err := unmaskChange(f, whole, deals.Change{Name: &hidden, Fields: map[int64][]string{1: {ring}, 2: {"new"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := deals.Change{Name: &name, Fields: map[int64][]string{1: {"ring +79991234567"}, 2: {"new"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
