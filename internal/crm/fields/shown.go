package fields

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/connector/amocrm"
	"github.com/sidecard/sidecard/internal/crm"
)

// Shown is a custom field that has a value. Text has one element per value; dates and times are in the account's time
// zone. URL is set when the value is one.
type Shown struct {
	ID       int64
	Name     string
	Type     string // amoCRM's name of the type
	Text     []string
	URL      string
	Currency string // of a monetary field
	Parts    []Part // what a compound value says besides its name
}

// Part is a line of a compound value; Key is the catalogue key of its label, "" for a value that needs none.
type Part struct{ Key, Value string }

// ShownOf lists the fields that have a value in the account's order; those without a definition come last.
func ShownOf(values amocrm.FieldValues, m crm.Meta) []Shown {
	var out []Shown
	for _, v := range values {
		text := v.TextIn(m.Location())
		if len(text) == 0 {
			continue
		}
		s := Shown{ID: int64(v.FieldID), Name: v.FieldName, Type: v.FieldType, Text: text}
		if f, ok := m.LeadField(s.ID); ok {
			s.Name, s.Type, s.Currency = f.Name, cmp.Or(s.Type, f.Type), f.Currency
		}
		if s.Type == "monetary" && s.Currency == "" {
			s.Currency = m.Account.Currency
		}
		s.Name = cmp.Or(s.Name, crm.Numbered(s.ID))
		if s.Type == "url" {
			s.URL = WebURL(text[0])
		}
		s.Parts = partsOf(v)
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(x, y Shown) int { return cmp.Compare(Index(m, x.ID), Index(m, y.ID)) })
	return out
}

// WebURL passes only addresses that are safe to put behind a link.
func WebURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// partsOf names what a legal entity or payer says besides its name (amocrm.md §3.5).
func partsOf(v amocrm.FieldValue) []Part {
	var out []Part
	for _, decoded := range v.Decode(nil) {
		legal, ok := decoded.(amocrm.LegalEntity)
		if !ok {
			continue
		}
		for _, p := range []Part{
			{"part.vat_id", legal.VATID}, {"part.kpp", legal.KPP}, {"part.tax_reason", legal.TaxReasonCode}, {"", legal.Address},
		} {
			// The connector shows the first of these when there is no name.
			named := legal.Name != "" || p.Value != crm.FirstText(legal.VATID, legal.Address)
			if strings.TrimSpace(p.Value) != "" && named {
				out = append(out, p)
			}
		}
	}
	return out
}

// ValueOf returns what is shown of a field.
func ValueOf(fields []Shown, fieldID int64) (Shown, bool) {
	return crm.Find(fields, func(s Shown) bool { return s.ID == fieldID })
}
