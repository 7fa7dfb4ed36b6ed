package rows

import (
	"errors"

	"github.com/sidecard/sidecard/blocks/ui"
	amoapi "github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/oauth"
)

// Banner stands above old data with the reason why they are old.
type Banner struct {
	Text   string
	Action string
	URL    ui.Plain
	Popup  bool
}

// StaleBanner explains old data. A missing login has its own button; everything else mends itself.
func StaleBanner(f i18n.Format, base, age string, why error) *Banner {
	t := func(key string, args ...any) string { return f.Catalog.T(f.Lang, key, args...) }
	if errors.Is(why, oauth.ErrNeedsLogin) {
		return &Banner{Text: t("stale.login", "Age", age), Action: t("login.button"), URL: ui.Plain(base + "/login"), Popup: true}
	}
	text := "stale.slow"
	if errors.Is(why, amoapi.ErrBlocked) {
		text = "stale.blocked"
	} else if errors.Is(why, amoapi.ErrPayment) {
		text = "stale.payment"
	}
	return &Banner{Text: t(text, "Age", age), Action: t("refresh"), URL: ui.Plain(base + "/people?fresh=1")}
}
