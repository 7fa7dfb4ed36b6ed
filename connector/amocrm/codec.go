package amocrm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/connector/wire"
)

// What Decode gives for values that are more than a string, a Number, a bool or a time.Time (amocrm.md §3.5).
type (
	// Choice is an element of a list field, or a phone or e-mail with its kind in Code.
	Choice struct {
		ID          ID
		Value, Code string
	}
	// AddressPart is one line of a smart address; Part is a name of AddressParts.
	AddressPart struct{ Part, Value string }
	// LegalEntity is a company's official data; payers without an entity have the same shape.
	LegalEntity struct{ Name, VATID, KPP, TaxReasonCode, Address, ExternalUID string }
	// Item is a line of an invoice.
	Item struct {
		SKU, Description, UnitType string
		UnitPrice, Quantity        Number
	}
	// LinkedEntity points to a contact, company or catalog element.
	LinkedEntity struct {
		Name, EntityType    string
		EntityID, CatalogID ID
	}
	// File is a file of amoCRM's drive.
	File struct {
		UUID, VersionUUID, Name string
		Size                    int64
	}
	// ChainLink is one level of a chained list; amoCRM sends no text for it.
	ChainLink struct{ CatalogID, ElementID ID }
)

// AddressParts are the lines of a smart address in the order of their enum ids 1 to 6.
var AddressParts = []string{"address_line_1", "address_line_2", "city", "state", "zip", "country"}

// Text shows every value in one line each: dates as 2006-01-02 and times in UTC, choices by their text, compound values
// by their name, what is unknown as JSON. It never fails.
func (v FieldValue) Text() []string { return v.TextIn(time.UTC) }

// TextIn is Text with times of the given zone, which should be the account's.
func (v FieldValue) TextIn(loc *time.Location) []string {
	var out []string
	for i, d := range v.Decode(loc) {
		if text := v.text(d, v.Values[i]); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func (v FieldValue) text(decoded any, raw Value) string {
	switch d := decoded.(type) {
	case string:
		return d
	case Number:
		if s := wire.Scalar(raw.Raw); s != "" {
			return s
		}
		return strconv.FormatFloat(float64(d), 'f', -1, 64)
	case bool:
		return strconv.FormatBool(d)
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
	case AddressPart:
		return d.Value
	case LegalEntity:
		return firstOf(d.Name, d.VATID, d.Address)
	case Item:
		return firstOf(d.Description, d.SKU)
	case LinkedEntity:
		return firstOf(d.Name, number(d.EntityType+" ", d.EntityID))
	case File:
		return firstOf(d.Name, d.UUID)
	case ChainLink:
		return number("#", d.ElementID)
	case json.RawMessage:
		return string(d)
	}
	return fmt.Sprint(decoded)
}

// Decode returns one Go value for each element of Values: string, Number, bool, time.Time, one of the types above, or the
// raw JSON of a shape that is not known. A date or birthday is the calendar day at 00:00 UTC: amoCRM keeps midnight of
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
			return AddressPart{partName(v.EnumID, v.EnumCode), s}
		}
	case "numeric", "price", "monetary":
		var n Number
		if s, ok := asText(v.Raw); ok && s != "" && json.Unmarshal(v.Raw, &n) == nil {
			return n
		}
	case "checkbox":
		if b, ok := parseBool(wire.Scalar(v.Raw)); ok {
			return b
		}
		if string(bytes.TrimSpace(v.Raw)) == "false" {
			return false
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
		if l, ok := chainLink(v.Rest); ok {
			return l
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

// decodeObject knows the compound values; any other object stays raw.
func decodeObject(kind string, raw json.RawMessage) any {
	var o struct {
		Name        wire.Text `json:"name"`
		VATID       wire.Text `json:"vat_id"`
		KPP         wire.Text `json:"kpp"`
		TaxCode     wire.Text `json:"tax_registration_reason_code"`
		Address     wire.Text `json:"address"`
		ExternalUID wire.Text `json:"external_uid"`
		SKU         wire.Text `json:"sku"`
		Description wire.Text `json:"description"`
		UnitType    wire.Text `json:"unit_type"`
		UnitPrice   Number    `json:"unit_price"`
		Quantity    Number    `json:"quantity"`
		EntityType  wire.Text `json:"entity_type"`
		EntityID    ID        `json:"entity_id"`
		CatalogID   ID        `json:"catalog_id"`
		FileUUID    wire.Text `json:"file_uuid"`
		VersionUUID wire.Text `json:"version_uuid"`
		FileName    wire.Text `json:"file_name"`
		FileSize    Number    `json:"file_size"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return compact(raw)
	}
	linked := LinkedEntity{string(o.Name), string(o.EntityType), o.EntityID, o.CatalogID}
	legal := LegalEntity{string(o.Name), string(o.VATID), string(o.KPP), string(o.TaxCode), string(o.Address), string(o.ExternalUID)}
	switch kind {
	case "legal_entity":
		return legal
	case "items":
		return Item{string(o.SKU), string(o.Description), string(o.UnitType), o.UnitPrice, o.Quantity}
	case "linked_entity", "supplier":
		return linked
	case "payer":
		if o.EntityID != 0 {
			return linked
		}
		return legal
	case "file":
		return File{string(o.FileUUID), string(o.VersionUUID), string(o.FileName), int64(o.FileSize)}
	}
	return compact(raw)
}

// unknown is the whole element as JSON.
func unknown(v Value) any {
	if v.Raw != nil && len(v.Rest) == 0 && v.EnumID == 0 && v.EnumCode == "" {
		return compact(v.Raw)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return compact(v.Raw)
	}
	return json.RawMessage(raw)
}

func compact(raw []byte) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return json.RawMessage(raw)
	}
	return b.Bytes()
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

func chainLink(rest map[string]json.RawMessage) (ChainLink, bool) {
	var l ChainLink
	ok := json.Unmarshal(rest["catalog_id"], &l.CatalogID) == nil &&
		json.Unmarshal(rest["catalog_element_id"], &l.ElementID) == nil
	return l, ok
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
