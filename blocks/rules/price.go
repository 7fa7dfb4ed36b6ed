package rules

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"

	"github.com/sidecard/sidecard/internal/money"
)

// Price is the amount of a deal as a rule gives it: a JSON number, or a text whose meaning may depend on the account's
// currency and language. "" is none.
type Price string

// number is a price that is a JSON number in its shortest form: "85.000" as text is none, it may mean thousands.
func (p Price) number() (money.Amount, bool) {
	a, err := money.FromJSON(json.Number(p))
	return a, err == nil && string(a.JSON()) == string(p)
}

// MarshalJSON writes a number as one.
func (p Price) MarshalJSON() ([]byte, error) {
	if _, ok := p.number(); ok {
		return []byte(p), nil
	}
	return json.Marshal(string(p))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Price) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '"' {
		*p = Price(b)
		return nil
	}
	return json.Unmarshal(b, (*string)(p))
}

// in reads a price for an account.
func (p Price) in(hints money.Hints) (money.Amount, error) {
	if a, ok := p.number(); ok {
		return a, nil
	}
	return money.Parse(string(p), hints)
}

const pricePath = "fields.price"

// price reads an amount; what only the account can tell is left for later.
func (r *reader) price(v any) (p Price) {
	var a money.Amount
	var err error
	switch v := v.(type) {
	case nil:
		return ""
	case json.Number:
		if a, err = money.FromJSON(v); err == nil {
			p = Price(a.JSON())
		} else {
			p = Price(v)
		}
	case string:
		if p = Price(strings.TrimSpace(v)); p == "" {
			return ""
		}
		a, err = p.in(money.Hints{})
	default:
		r.leave(pricePath, v, CodeType, "kind_not_amount", "Kind", kind(v))
		return ""
	}
	switch {
	case err == nil && a < 0:
		r.leave(pricePath, v, CodeRange, "negative")
	case err != nil && !errors.Is(err, money.ErrAmbiguous):
		r.problems = append(r.problems, badPrice(p, err, ""))
	default:
		return p
	}
	return ""
}

// badPrice is the remark on a text that is no amount.
func badPrice(p Price, err error, currency string) Problem {
	key := "not_amount"
	switch {
	case errors.Is(err, money.ErrAmbiguous):
		key = "amount_unclear"
	case errors.Is(err, money.ErrTooFine):
		key = "amount_too_fine"
	case errors.Is(err, money.ErrTooLarge):
		key = "amount_too_large"
	case errors.Is(err, money.ErrCurrency):
		key = "amount_currency"
	}
	return problem(pricePath, CodeType, key, "Given", quoted(string(p)), "Currency", currency).remark(string(p))
}

// price puts the amount into the plan's deal, or says what is wrong with it.
func (p *plan) price(given Price, hints money.Hints) []Problem {
	if given == "" {
		return nil
	}
	a, err := given.in(hints)
	switch {
	case err != nil:
		return []Problem{badPrice(given, err, hints.Currency)}
	case a < 0:
		return []Problem{problem(pricePath, CodeRange, "negative").remark(string(given))}
	}
	p.lead.Price = a.JSON()
	return nil
}

// withoutCents rounds the plan's price for an account that keeps none. It asks the account only about a price that has some.
func (p *plan) withoutCents(ctx context.Context, a Account) error {
	amount, err := money.FromJSON(p.lead.Price)
	if err != nil || amount.Cents() == 0 {
		return nil
	}
	keeps, err := a.KeepsCents(ctx)
	if err != nil || keeps {
		return err
	}
	whole := money.Of(int64(math.Round(amount.Float()))).JSON()
	p.remarks = merged(p.remarks, []Problem{problem(pricePath, CodeType, "no_cents", "Price", whole.String()).remark(p.lead.Price.String())})
	p.lead.Price = whole
	return nil
}

// wholeOf is a price without cents, nil for any other.
func wholeOf(price json.Number) *int64 {
	n, err := price.Int64()
	if err != nil || strings.Contains(price.String(), ".") {
		return nil
	}
	return &n
}
