package ui

import "embed"

// Texts are those that the pages of all blocks have in common, for i18n.NewCatalog.
//
//go:embed locales/active.*.json
var Texts embed.FS
