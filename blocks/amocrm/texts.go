package amocrm

import "embed"

// Texts are those of the block, for i18n.NewCatalog.
//
//go:embed locales/active.*.json
var Texts embed.FS
