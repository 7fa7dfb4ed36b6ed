package amocrm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/wire"
)

// What Decode gives for values that are more than a text or a time.Time (amocrm.md §3.5).
type (
	// Choice is an element of a list field, or a phone or e-mail with its kind in Code.
	Choice struct {
		ID          ID
		Value, Code string
	}
	// LegalEntity is a company's official data; payers without an entity have the same shape.
	LegalEntity struct{ Name, VATID, KPP, TaxReasonCode, Address string }
)

// AddressParts are the lines of a smart address in the order of their enum ids 1 to 6.
var AddressParts = []string{"address_line_1", "address_line_2", "city", "state", "zip", "country"}

// Text shows every value in one line each: dates as 2006-01-02 and times in UTC, choices by their text, compound values
// by their name, what is unknown as JSON. It never fails.
func (v FieldValue) Text() []string { return v.TextIn(time.UTC) }

// TextIn is Text with times of the given zone, which should be the account's.
func (v FieldValue) TextIn(loc *time.Location) []string {
	var out []string
	for _, d := range v.Decode(loc) {
		if text := v.text(d); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func (v FieldValue) text(decoded any) string {
	switch d := decoded.(type) {
	case time.Time:
		switch {
		case v.FieldType != "date_time":
			return d.Format(time.DateOnly)
		case d.Second() != 0:
			return d.Format(time.DateTime)
		}
		return d.Format("2006-01-02 15:04")
	case Choice:
		return firstOf(d.Value, d.Code, number("#", d.ID))
	case LegalEntity:
		return firstOf(d.Name, d.VATID, d.Address)
	}
	return fmt.Sprint(decoded)
}

// Decode returns one Go value for each element of Values: time.Time, one of the types above, or a text, which is JSON for a
// shape that is not known. A date or birthday is the calendar day at 00:00 UTC: amoCRM keeps midnight of
// the account's zone or of UTC, so the day is that of the nearest midnight in loc. A date_time is in loc.
func (v FieldValue) Decode(loc *time.Location) []any {
	if loc == nil {
		loc = time.UTC
	}
	var out []any
	for _, value := range v.Values {
		out = append(out, decodeOne(v.FieldType, value, loc))
	}
	return out
}

func decodeOne(kind string, v Value, loc *time.Location) any {
	switch kind {
	case "select", "multiselect", "radiobutton", "category", "multitext":
		if s, ok := asText(v.Raw); ok {
			return Choice{v.EnumID, s, v.EnumCode}
		}
	case "smart_address":
		if s, ok := asText(v.Raw); ok {
			return s
		}
	case "numeric", "price", "monetary":
		if s, ok := asText(v.Raw); ok && s != "" && json.Unmarshal(v.Raw, new(Number)) == nil {
			return cmp.Or(wire.Scalar(v.Raw), "0")
		}
	case "checkbox":
		if b, ok := parseBool(wire.Scalar(v.Raw)); ok {
			return strconv.FormatBool(b)
		}
	case "date", "birthday":
		if unix, ok := unixOf(v.Raw); ok {
			d := time.Unix(unix, 0).In(loc).Add(12 * time.Hour)
			return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
		}
	case "date_time":
		if unix, ok := unixOf(v.Raw); ok {
			return time.Unix(unix, 0).In(loc)
		}
	case "chained_list":
		var catalog, element ID // amoCRM sends no text
		if json.Unmarshal(v.Rest["catalog_id"], &catalog) == nil && json.Unmarshal(v.Rest["catalog_element_id"], &element) == nil {
			return number("#", element)
		}
	default:
		if isObject(v.Raw) {
			return decodeObject(kind, v.Raw)
		}
	}
	if s, ok := asText(v.Raw); ok && v.Raw != nil {
		return s
	}
	return unknown(v)
}

// decodeObject knows the compound values; any other object stays JSON.
func decodeObject(kind string, raw json.RawMessage) any {
	var o struct {
		Name        wire.Text `json:"name"`
		VATID       wire.Text `json:"vat_id"`
		KPP         wire.Text `json:"kpp"`
		TaxCode     wire.Text `json:"tax_registration_reason_code"`
		Address     wire.Text `json:"address"`
		SKU         wire.Text `json:"sku"`
		Description wire.Text `json:"description"`
		EntityType  wire.Text `json:"entity_type"`
		EntityID    ID        `json:"entity_id"`
		FileUUID    wire.Text `json:"file_uuid"`
		FileName    wire.Text `json:"file_name"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return compact(raw)
	}
	switch {
	case kind == "items":
		return firstOf(string(o.Description), string(o.SKU))
	case kind == "file":
		return firstOf(string(o.FileName), string(o.FileUUID))
	case kind == "linked_entity", kind == "supplier", kind == "payer" && o.EntityID != 0:
		return firstOf(string(o.Name), number(string(o.EntityType)+" ", o.EntityID))
	case kind == "legal_entity", kind == "payer":
		return LegalEntity{string(o.Name), string(o.VATID), string(o.KPP), string(o.TaxCode), string(o.Address)}
	}
	return compact(raw)
}

// unknown is the whole element as JSON.
func unknown(v Value) string {
	if v.Raw != nil && len(v.Rest) == 0 && v.EnumID == 0 && v.EnumCode == "" {
		return compact(v.Raw)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return compact(v.Raw)
	}
	return string(raw)
}

func compact(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// asText reads a scalar; null and nothing are "".
func asText(raw []byte) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	if raw[0] == '{' || raw[0] == '[' {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	return string(raw), json.Valid(raw)
}

func unixOf(raw []byte) (int64, bool) {
	s := wire.Scalar(raw)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.Unix(), true
	}
	var n Number
	if s == "" || json.Unmarshal(raw, &n) != nil || n > 1e12 || n < -1e12 {
		return 0, false
	}
	return int64(n), true
}

func partName(id ID, code string) string {
	if code == "" && id >= 1 && int(id) <= len(AddressParts) {
		return AddressParts[id-1]
	}
	return code
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

func number(prefix string, id ID) string {
	if id == 0 {
		return ""
	}
	return prefix + strconv.FormatInt(int64(id), 10)
}
