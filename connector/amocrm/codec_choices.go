package amocrm

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/internal/when"
)

// Kinds of phones and e-mails that every account has (amocrm.md §3.5).
var multitextCodes = []string{"WORK", "WORKDD", "MOB", "FAX", "HOME", "PRIV", "OTHER"}

// writeChoice sends the enum id, which survives a renamed choice. A form's string is an id first and a text second, a
// rule's "value" the other way round.
func (f Field) writeChoice(e element, _ when.Calendar) (ValueInput, error) {
	s, ok := e.text()
	if !ok {
		return ValueInput{}, f.wrong(e.path("value"), e.shown(), f.choices())
	}
	tests := []func(Enum) bool{
		func(x Enum) bool { return x.Value == s },
		func(x Enum) bool { return strings.EqualFold(strings.TrimSpace(x.Value), s) },
		func(x Enum) bool { return x.Code != "" && x.Code == s },
	}
	named := namedID(s)
	byID := func(x Enum) bool { id := strconv.FormatInt(int64(x.ID), 10); return id == s || id == named }
	if e.form {
		tests = slices.Insert(tests, 0, byID)
	} else {
		tests = append(tests, byID)
	}
	member := "value"
	switch {
	case e.enumID != 0:
		member, tests = "enum_id", []func(Enum) bool{func(x Enum) bool { return x.ID == e.enumID }}
	case e.enumCode != "":
		member, tests = "enum_code", []func(Enum) bool{func(x Enum) bool { return x.Code == e.enumCode }}
	}
	for _, test := range tests {
		if i := slices.IndexFunc(f.Enums, test); i >= 0 {
			return ValueInput{EnumID: f.Enums[i].ID}, nil
		}
	}
	if len(f.Enums) > 0 {
		return ValueInput{}, f.wrong(e.path(member), e.shown(), f.choices())
	}
	// Without known choices amoCRM has to judge.
	switch id, err := strconv.ParseInt(s, 10, 64); {
	case e.enumID != 0:
		return ValueInput{EnumID: e.enumID}, nil
	case e.enumCode != "":
		return ValueInput{EnumCode: e.enumCode}, nil
	case e.form && err == nil && id > 0:
		return ValueInput{EnumID: ID(id)}, nil
	}
	return ValueInput{Value: s}, nil
}

var namedChoice = regexp.MustCompile(`^([0-9]{1,18}) \(.*\)$|^".*" \(([0-9]{1,18})\)$`)

// namedID returns the id of a choice as messages write it, 17 (Alpha) or "Alpha" (17); "" for any other text.
func namedID(s string) string {
	m := namedChoice.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

// choices names what the field takes, for an error.
func (f Field) choices() takes {
	var names []string
	for i, x := range f.Enums {
		if i == 20 {
			names = append(names, "…")
			break
		}
		names = append(names, strconv.Quote(x.Value)+" ("+strconv.FormatInt(int64(x.ID), 10)+")")
	}
	return takes{WantChoice, "one of " + strings.Join(names, ", ")}
}

// writeMultitext sends a phone or e-mail with its kind, WORK when none is given.
func (f Field) writeMultitext(e element, _ when.Calendar) (ValueInput, error) {
	s, ok := e.text()
	if !ok || s == "" {
		return ValueInput{}, f.wrong(e.path("value"), e.shown(), takes{WantText, "a phone number or an e-mail address"})
	}
	code := e.enumCode
	if kind, rest, found := strings.Cut(s, ":"); found && e.form && f.kindID(kind) >= 0 {
		s, code = strings.TrimSpace(rest), kind
	}
	switch {
	case e.enumID != 0:
		if len(f.Enums) > 0 && !slices.ContainsFunc(f.Enums, func(x Enum) bool { return x.ID == e.enumID }) {
			return ValueInput{}, f.wrong(e.path("enum_id"), number("", e.enumID), f.choices())
		}
		return ValueInput{Value: s, EnumID: e.enumID}, nil
	case code == "":
		code = "WORK"
	}
	switch id := f.kindID(code); {
	case id > 0:
		return ValueInput{Value: s, EnumID: id}, nil
	case id == 0:
		return ValueInput{Value: s, EnumCode: strings.ToUpper(code)}, nil
	case e.enumCode == "": // no WORK here: amoCRM takes its first kind
		return ValueInput{Value: s}, nil
	}
	return ValueInput{}, f.wrong(e.path("enum_code"), code, f.choices())
}

// kindID is the enum id of a kind, 0 for a standard kind of a field whose kinds are not known, -1 for no kind at all.
func (f Field) kindID(kind string) ID {
	kind = strings.TrimSpace(kind)
	for _, x := range f.Enums {
		if strings.EqualFold(x.Value, kind) || x.Code != "" && strings.EqualFold(x.Code, kind) {
			return x.ID
		}
	}
	if len(f.Enums) == 0 && slices.Contains(multitextCodes, strings.ToUpper(kind)) {
		return 0
	}
	return -1
}

// writeAddress sends one line of a smart address under its code.
func (f Field) writeAddress(e element, _ when.Calendar) (ValueInput, error) {
	accepts := takes{WantAddressLine, "a line of an address; parts are " + strings.Join(AddressParts, ", ")}
	s, ok := e.text()
	if !ok || s == "" {
		return ValueInput{}, f.wrong(e.path("value"), e.shown(), accepts)
	}
	part := partName(e.enumID, e.enumCode)
	if name, rest, found := strings.Cut(s, "="); found && e.form && slices.Contains(AddressParts, name) {
		s, part = strings.TrimSpace(rest), name
	} else if part == "" && e.enumID == 0 && e.index < len(AddressParts) {
		part = AddressParts[e.index]
	}
	if !slices.Contains(AddressParts, part) {
		return ValueInput{}, f.wrong(e.path("enum_code"), e.shown(), accepts)
	}
	return ValueInput{Value: s, EnumCode: part}, nil
}

// writeChain sends one level of a chained list, in a text "catalog id:element id".
func (f Field) writeChain(e element, _ when.Calendar) (ValueInput, error) {
	if s, ok := e.text(); ok && s != "" {
		catalog, el, _ := strings.Cut(s, ":")
		c, cerr := strconv.ParseInt(strings.TrimSpace(catalog), 10, 64)
		n, nerr := strconv.ParseInt(strings.TrimSpace(el), 10, 64)
		if cerr == nil && nerr == nil {
			e.catalog, e.catalogEl = ID(c), ID(n)
		}
	}
	if e.catalog <= 0 || e.catalogEl <= 0 {
		accepts := takes{WantChain, `"catalog_id" and "catalog_element_id", or both as a text such as "1001:12235"`}
		return ValueInput{}, f.wrong(e.path("catalog_element_id"), e.shown(), accepts)
	}
	return ValueInput{CatalogID: e.catalog, CatalogElementID: e.catalogEl}, nil
}

// legalKeys are the members of a legal entity that a form may give as "key=value".
var legalKeys = []string{"entity_type", "vat_id", "tax_registration_reason_code", "address", "kpp", "external_uid"}

// foldLegal joins the lines of a form (name, then key=value) to one object; anything else stays as it is.
func foldLegal(in []element) []element {
	if len(in) == 0 || !in[0].form {
		return in
	}
	name, ok := in[0].text()
	if !ok || name == "" || strings.HasPrefix(name, "{") {
		return in
	}
	object := map[string]any{"name": name}
	for _, e := range in[1:] {
		s, _ := e.text()
		key, value, found := strings.Cut(s, "=")
		if s == "" {
			continue
		}
		if !found || !slices.Contains(legalKeys, key) {
			return in
		}
		object[key] = value
		if n, err := strconv.Atoi(value); err == nil && key == "entity_type" {
			object[key] = n
		}
	}
	return []element{{index: 0, form: true, value: object}}
}
