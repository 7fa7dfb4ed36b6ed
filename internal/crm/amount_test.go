package crm

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestAmount_isReadInTheWritersLanguageOrRefusedAtTheField(t *testing.T) {
	m := testMeta(t)
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
		{"en", "2 x 500", "a lot", KeyBadAmount, KeyBadAmount},
		{"ru", "1.234", "1,234", KeyAmountUnclear, KeyAmountUnclear},
		{"en", "1.2345", "0.001", KeyAmountTooFine, KeyAmountTooFine},
		{"en", "99999999999999", "", KeyAmountTooLarge, ""},
		{"en", "$500", "500 ₽", KeyAmountCurrency, KeyAmountCurrency},
		{"en", "-5", "-5", KeyNegative, "-5"},
	} {
		t.Run(c.lang+" "+c.price+" "+c.prepaid, func(t *testing.T) {
			d := DealDraft{Name: "Lamp", PipelineID: 31, StatusID: 311, Price: c.price, Lang: c.lang, Fields: map[int64][]string{950: {c.prepaid}}}
			in, _, err := leadInput(d, m)
			got := map[string]string{"price": in.Price.String()}
			for _, f := range in.Fields {
				got[fieldPath(int64(f.FieldID))], _ = f.Values[0].Value.(string)
			}
			if e, ok := errors.AsType[*FieldErrors](err); ok {
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

func TestSandbox_centsAreKeptWhereTheAccountHasThem(t *testing.T) {
	world := scenario.Build()
	world.Accounts[0].Cents = true
	a := accountOf(t, world)
	ctx := t.Context()
	id, err := a.CreateDeal(ctx, 0, DealDraft{Name: "Ribbons", PipelineID: scenario.PipelineSupport, StatusID: scenario.StageSupportNew,
		Price: "1 500,50 ₽", Lang: "ru"})
	if err != nil {
		t.Fatal(err)
	}
	card, err := a.Deal(ctx, id)
	if err != nil || card.Price != 150050 {
		t.Fatalf("made with %v, %v", card.Price, err)
	}
	price := "1500.05"
	if err := a.ChangeDeal(ctx, id, DealChange{Price: &price, Lang: "en"}); err != nil {
		t.Fatal(err)
	}
	edit, err := a.DealEdit(ctx, id)
	if err != nil || edit.Price.String() != price {
		t.Errorf("changed to %v, %v", edit.Price, err)
	}
}

func TestSandbox_centsAreRefusedWhereTheAccountWouldDropThem(t *testing.T) {
	a := sandboxAccount(t)
	ctx := t.Context()
	whole := map[string]string{"price": KeyWholeAmount}
	_, err := a.CreateDeal(ctx, 0, DealDraft{Name: "Half", PipelineID: scenario.PipelineSupport, StatusID: scenario.StageSupportNew, Price: "1500.50"})
	if d := cmp.Diff(whole, problemMap(t, err)); d != "" {
		t.Error(d)
	}
	price := "0,5"
	if d := cmp.Diff(whole, problemMap(t, a.ChangeDeal(ctx, scenario.LeadOneDeal, DealChange{Price: &price}))); d != "" {
		t.Error(d)
	}
	card, err := a.Deal(ctx, scenario.LeadOneDeal)
	if err != nil || card.Price != money.Of(129900) {
		t.Errorf("the price is %v, %v", card.Price, err)
	}
}

func TestCreateDeal_wholePriceAsksNobodyAboutCents(t *testing.T) {
	f := setup(t)
	f.crm.AddContact(11, "Anna", "+79995550123", "")
	if _, err := f.CreateDeal(t.Context(), 0, DealDraft{Name: "Lamp", PipelineID: 31, StatusID: 311, Price: "1500,00"}); err != nil {
		t.Fatal(err)
	}
	if calls := f.crm.Calls(); slices.Contains(calls, "GET /leads") {
		t.Errorf("the account's deals were read: %v", calls)
	}
}
