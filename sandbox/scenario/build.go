package scenario

// Build returns the story. Every call makes a new World of the same content, so a caller may change its copy.
func Build() World {
	clients, tickets := desk()
	return World{
		Accounts:     []Account{hogwarts(), beauxbatons()},
		Clients:      clients,
		Tickets:      tickets,
		TicketFields: map[int64]string{FieldOrder: "Order number", FieldProduct: "Product", FieldCity: "City"},
	}
}

// Ids of the helpdesk's own custom fields.
const (
	FieldOrder   int64 = 54
	FieldProduct int64 = 55
	FieldCity    int64 = 56
)

// single, choice and address build the values[] of one custom field in the shape in which amoCRM takes them (amocrm.md
// §3.5). A date, date_time or birthday is unix seconds.
func single(field int64, v any) Value {
	return Value{FieldID: field, Values: []map[string]any{{"value": v}}}
}

func choice(field int64, enums ...int64) Value {
	v := Value{FieldID: field}
	for _, id := range enums {
		v.Values = append(v.Values, map[string]any{"enum_id": id})
	}
	return v
}

func address(field int64, street, city, zip, country string) Value {
	return Value{FieldID: field, Values: []map[string]any{
		{"value": street, "enum_code": "address_line_1"},
		{"value": city, "enum_code": "city"},
		{"value": zip, "enum_code": "zip"},
		{"value": country, "enum_code": "country"},
	}}
}
