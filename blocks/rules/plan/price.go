package plan

import (
	"context"
	"math"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/money"
)

// price puts the amount into the plan's deal, or says what is wrong with it.
func (p *Plan) price(given request.Price, hints money.Hints) []request.Problem {
	if given == "" {
		return nil
	}
	a, err := given.In(hints)
	switch {
	case err != nil:
		return []request.Problem{request.BadPrice(given, err, hints.Currency)}
	case a < 0:
		return []request.Problem{request.NewProblem(request.PricePath, request.CodeRange, "negative").AsRemark(string(given))}
	}
	p.Deal.Price = a.JSON()
	return nil
}

// WithoutCents rounds the plan's price for an account that keeps none. It asks the account only about a price that has some.
func (p *Plan) WithoutCents(ctx context.Context, keepsCents func(context.Context) (bool, error)) error {
	amount, err := money.FromJSON(p.Deal.Price)
	if err != nil || amount.Cents() == 0 {
		return nil
	}
	keeps, err := keepsCents(ctx)
	if err != nil || keeps {
		return err
	}
	whole := money.Of(int64(math.Round(amount.Float()))).JSON()
	p.Remarks = request.Merged(p.Remarks, []request.Problem{request.NewProblem(request.PricePath, request.CodeType, "no_cents", "Price", whole.String()).AsRemark(p.Deal.Price.String())})
	p.Deal.Price = whole
	return nil
}
