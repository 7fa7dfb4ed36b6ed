package request

import (
	"encoding/json"
	"errors"
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

// In reads a price for an account.
func (p Price) In(hints money.Hints) (money.Amount, error) {
	if a, ok := p.number(); ok {
		return a, nil
	}
	return money.Parse(string(p), hints)
}

const PricePath = "fields.price"

// price reads an amount; what only the account can tell is left for later.
func (r *reader) price(v any) (p Price) {
	var a money.Amount
	var err error
	switch v := v.(type) {
	case nil:
		return ""
	case json.Number:
		p = Price(v)
		if a, err = money.FromJSON(v); err == nil {
			p = Price(a.JSON())
		}
	case string:
		if p = Price(strings.TrimSpace(v)); p == "" {
			return ""
		}
		a, err = p.In(money.Hints{})
	default:
		r.leave(PricePath, v, CodeType, "kind_not_amount", "Kind", kind(v))
		return ""
	}
	switch {
	case err == nil && a < 0:
		r.leave(PricePath, v, CodeRange, "negative")
	case err != nil && !errors.Is(err, money.ErrAmbiguous):
		r.problems = append(r.problems, BadPrice(p, err, ""))
	default:
		return p
	}
	return ""
}

// BadPrice returns the remark on a text that is no amount.
func BadPrice(p Price, err error, currency string) Problem {
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
	return NewProblem(PricePath, CodeType, key, "Given", quoted(string(p)), "Currency", currency).AsRemark(string(p))
}
