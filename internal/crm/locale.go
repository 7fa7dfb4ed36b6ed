package crm

import "context"

// Locale returns the country and the time zone of the account, as Info has them.
func (a *Account) Locale(ctx context.Context) (country, timezone string, err error) {
	account, err := a.Info(ctx)
	return account.Country, account.Timezone, err
}
