package fields

import (
	"context"
	"errors"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/internal/store"
)

// amountKeys are what a form says of a text that is no amount.
var amountKeys = []struct {
	err error
	key string
}{
	{money.ErrAmbiguous, crm.KeyAmountUnclear}, {money.ErrTooFine, crm.KeyAmountTooFine}, {money.ErrTooLarge, crm.KeyAmountTooLarge},
	{money.ErrCurrency, crm.KeyAmountCurrency}, {money.ErrNotNumber, crm.KeyBadAmount}, {money.ErrEmpty, crm.KeyRequired},
}

// Amount reads what was typed for a field of a form. What is wrong with it is added to e.
func Amount(e *crm.FieldErrors, path, typed, lang, currency string) (a money.Amount, ok bool) {
	a, err := money.Parse(typed, money.In(lang, currency))
	if err == nil {
		return a, true
	}
	for _, k := range amountKeys {
		if errors.Is(err, k.err) {
			e.Add(path, k.key, map[string]any{"currency": currency})
			break
		}
	}
	return 0, false
}

// Price reads a typed price. amoCRM takes none below zero.
func Price(e *crm.FieldErrors, typed, lang string, m crm.Meta) (a money.Amount, ok bool) {
	a, ok = Amount(e, "price", typed, lang, m.Account.Currency)
	if ok && a < 0 {
		e.Add("price", crm.KeyNegative, nil)
		return 0, false
	}
	return a, ok
}

// Strings brings a form's strings of a monetary field into the codec's form; of any other field they stay as they
// are. ok is false when e tells what is wrong.
func Strings(e *crm.FieldErrors, f amocrm.Field, typed []string, lang string, m crm.Meta) (out []string, ok bool) {
	if f.Type != "monetary" || Blank(typed) {
		return typed, true
	}
	for _, s := range typed {
		if strings.TrimSpace(s) == "" {
			continue
		}
		a, ok := Amount(e, Path(int64(f.ID)), s, lang, crm.FirstText(f.Currency, m.Account.Currency))
		if !ok {
			return nil, false
		}
		out = append(out, a.String())
	}
	return out, true
}

// KeepsCents reports whether the account's prices have cents; any other account drops them. amoCRM tells it only with a
// deal, so an account that has none yet counts as one without. Cached as Meta is, one call when cold.
func (fs *Fields) KeepsCents(ctx context.Context) (bool, error) {
	got, err := store.Fetch(ctx, fs.account.Cache(), fs.account.Keys().Cache("meta", "cents"), fs.account.MetaAge(), func(ctx context.Context) (bool, error) {
		leads, err := fs.account.API().NewestLeads(ctx, 1)
		return len(leads) > 0 && leads[0].KeepsCents(), err
	})
	return got.Value, store.Wrap("look whether prices have cents", err)
}

// Value returns what is sent of a field. What is not of its type is a field error with the field's name and type and what is
// expected.
func Value(e *crm.FieldErrors, f amocrm.Field, raw []string, m crm.Meta) (in amocrm.FieldInput, ok bool) {
	in, err := f.InputIn(m.Calendar(), raw)
	if err != nil {
		args := map[string]any{"field": f.Name, "type": f.Type}
		if v, ok := errors.AsType[*amocrm.ValueError](err); ok {
			args["expected"] = v.Accepts
		}
		e.Add(Path(int64(f.ID)), crm.KeyBadValue, args)
	}
	return in, err == nil
}
