package request

// objectKeys are the members of the values that are objects themselves (amocrm.md §3.5): legal entities, items, linked
// entities, payers, suppliers, files.
var objectKeys = []string{"name", "entity_type", "vat_id", "tax_registration_reason_code", "address", "real_address", "kpp", "external_uid",
	"type", "sku", "description", "unit_price", "quantity", "unit_type", "discount", "vat_rate_id", "entity_id", "file_uuid", "version_uuid",
	"file_name", "file_size"}

// bare reports a value that stands for itself where {"value": …} is usual: a text, a number, a flag, or one of those objects.
func bare(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		_, list := v.([]any)
		return v != nil && !list
	}
	for _, key := range valueKeys {
		if _, has := m[key]; has && key != "catalog_id" { // a linked entity has one, too
			return false
		}
	}
	for _, key := range objectKeys {
		if _, has := m[key]; has {
			return true
		}
	}
	return false
}
