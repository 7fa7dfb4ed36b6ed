// Package texts holds the texts of rules, of their pages and of the notices of them.
package texts

import "embed"

// FS is for i18n.NewCatalog.
//
//go:embed locales/active.*.json
var FS embed.FS
