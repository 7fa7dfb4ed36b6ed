package i18n

import "embed"

// Texts are the texts of dates and ages.
//
//go:embed locales/active.*.json
var Texts embed.FS
