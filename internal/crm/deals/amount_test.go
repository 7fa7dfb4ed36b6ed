package deals

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/crm/fields"
)

func TestAmount_isReadInTheWritersLanguageOrRefusedAtTheField(t *testing.T) {
	m := crmtest.Meta(t)
	m.LeadFields = append(m.LeadFields, amocrm.Field{ID: 950, Name: "Prepayment", Type: "monetary", Currency: "EUR"})
	for _, c := range []struct {
		lang, price, prepaid string
		want, field          string // as they are sent; or the error's key
	}{
		{"ru", "85 000 ₽", "", "85000", ""},
		{"ru", "1 500,50 руб.", "", "1500.5", ""},
		{"en", "85,000", "1,234.50 €", "85000", "1234.50"},
		{"es", "85.000", "1.234 €", "85000", "1234"},
		{"ru", "", "12,5", "", "12.50"},
		{"ru", " ", "", "", ""},
		{"en", "2 x 500", "a lot", crm.KeyBadAmount, crm.KeyBadAmount},
		{"ru", "1.234", "1,234", crm.KeyAmountUnclear, crm.KeyAmountUnclear},
		{"en", "1.2345", "0.001", crm.KeyAmountTooFine, crm.KeyAmountTooFine},
		{"en", "99999999999999", "", crm.KeyAmountTooLarge, ""},
		{"en", "$500", "500 ₽", crm.KeyAmountCurrency, crm.KeyAmountCurrency},
		{"en", "-5", "-5", crm.KeyNegative, "-5"},
	} {
		t.Run(c.lang+" "+c.price+" "+c.prepaid, func(t *testing.T) {
			d := Draft{Name: "Lamp", PipelineID: 31, StatusID: 311, Price: c.price, Lang: c.lang, Fields: map[int64][]string{950: {c.prepaid}}}
			in, _, err := leadInput(d, m)
			got := map[string]string{"price": in.Price.String()}
			for _, f := range in.Fields {
				got[fields.Path(int64(f.FieldID))], _ = f.Values[0].Value.(string)
			}
			if e, ok := errors.AsType[*crm.FieldErrors](err); ok {
				for _, f := range e.Fields {
					got[f.Path] = f.Key
				}
			}
			want := map[string]string{"price": c.want}
			if c.field != "" {
				want["fields.950"] = c.field
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
