package blocks

import "embed"

// Texts are the texts of all blocks, for i18n.NewCatalog.
//
//go:embed locales/active.*.json
var Texts embed.FS
