package money_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/sidecard/sidecard/internal/money"
)

func TestFromJSON_takesAMachinesPointAsDecimal(t *testing.T) {
	t.Parallel()
	for n, want := range map[json.Number]string{
		"0": "0", "-0": "0", "1500": "1500", "1500.5": "1500.50", "1500.50": "1500.50", "-1.05": "-1.05", "1e3": "1000", "1.5E+3": "1500",
		"15050e-2": "150.50", "0.05": "0.05", "5e-2": "0.05", "1.230": "1.23", "9999999999999.99": "9999999999999.99",
	} {
		if got, err := money.FromJSON(n); err != nil || got.String() != want {
			t.Errorf("FromJSON(%s) = %v, %v; want %s", n, got, err, want)
		}
	}
}

func TestFromJSON_refusesWhatAnAmountCannotHold(t *testing.T) {
	t.Parallel()
	for n, want := range map[json.Number]error{
		"1.234": money.ErrTooFine, "1e-3": money.ErrTooFine, "1e13": money.ErrTooLarge, "1e999999999": money.ErrTooLarge,
		"1e-999999999": money.ErrTooLarge, "99999999999999999999": money.ErrTooLarge, "": money.ErrNotNumber, "x": money.ErrNotNumber,
		"1 000": money.ErrNotNumber, ".5": money.ErrNotNumber, "--1": money.ErrNotNumber,
	} {
		if got, err := money.FromJSON(n); !errors.Is(err, want) {
			t.Errorf("FromJSON(%q) = %v, %v; want %v", n, got, err, want)
		}
	}
}

func TestAmount_isAnExactNumberInJSON(t *testing.T) {
	t.Parallel()
	type body struct {
		Price *money.Amount `json:"price,omitempty"`
	}
	for want, a := range map[string]money.Amount{
		`{"price":1500}`: money.Of(1500), `{"price":1500.5}`: 150050, `{"price":0.05}`: 5, `{"price":-0.1}`: -10, `{"price":0}`: 0,
	} {
		b, err := json.Marshal(body{&a})
		if err != nil || string(b) != want {
			t.Errorf("%v is written as %s, %v; want %s", a, b, err, want)
		}
		var back body
		if err := json.Unmarshal(b, &back); err != nil || *back.Price != a {
			t.Errorf("%s is read as %v, %v", b, back.Price, err)
		}
	}
	var none body
	if err := json.Unmarshal([]byte(`{"price":null}`), &none); err != nil || none.Price != nil {
		t.Errorf("null is read as %v, %v", none.Price, err)
	}
	if err := json.Unmarshal([]byte(`{"price":1.234}`), &none); !errors.Is(err, money.ErrTooFine) {
		t.Errorf("1.234 is read without the error of FromJSON: %v", err)
	}
}

func TestAmount_partsAddUp(t *testing.T) {
	t.Parallel()
	for _, a := range []money.Amount{0, 5, 100, 150050, -5, -150} {
		if money.Of(int64(a)/100)+money.Amount(a.Cents()) != a || money.Near(a.Float()) != a {
			t.Errorf("%d: %d cents, %v", int64(a), a.Cents(), a.Float())
		}
	}
	if got := money.Near(150.74999999999997); got != 15075 {
		t.Errorf("a float beside 150.75 is %v", got)
	}
}
