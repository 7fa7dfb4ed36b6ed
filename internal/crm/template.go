package crm

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)
	anyPlace    = regexp.MustCompile(placeholder.String() + `|\[\[\s*([^\[\]]*?)\s*\]\]`)
	placeName   = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_.$-]*$`)
)

// ticketField begins the name of a helpdesk field: "ticket.field.123".
const ticketField = "ticket.field."

// Fill puts what a ticket says into the placeholders of a text ("{{client.name}}", "{{ticket.field.123}}"), nothing where
// it does not say it, and the first value where it says several. What the ticket says is never read as a template itself;
// braces around anything that is no source stay as they are. "[[client.name]]" is the same, for helpdesks that blank every
// "{{…}}" that is none of their own variables (usedesk.md §3.3 leaves it open).
func Fill(text string, t Ticket) string {
	return anyPlace.ReplaceAllStringFunc(text, func(place string) string {
		name := strings.TrimSpace(place[2 : len(place)-2])
		if !IsSource(name) {
			return place
		}
		if said := sourceTexts(name, t); len(said) > 0 {
			return said[0]
		}
		return ""
	})
}

// HasPlace reports whether Fill would change a text.
func HasPlace(text string) bool {
	for _, place := range anyPlace.FindAllString(text, -1) {
		if IsSource(strings.TrimSpace(place[2 : len(place)-2])) {
			return true
		}
	}
	return false
}

// UnknownPlace returns the name in the first placeholder of a text that Fill does not know and that counts, "" when there is
// none. Braces around what can't be a name, as people write them in messages, are text.
func UnknownPlace(text string, counts func(name string) bool) string {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !IsSource(m[1]) && placeName.MatchString(m[1]) && counts(m[1]) {
			return m[1]
		}
	}
	return ""
}

// IsSource reports whether a ticket can say something under a name: one of MapSources or a field of the helpdesk.
func IsSource(name string) bool {
	for _, s := range MapSources {
		if s == name {
			return true
		}
	}
	return fieldSource(name) != 0
}

// fieldSource is the id in "ticket.field.123", 0 for any other name.
func fieldSource(name string) int64 {
	raw, ok := strings.CutPrefix(name, ticketField)
	id, err := strconv.ParseInt(raw, 10, 64)
	if !ok || err != nil || id <= 0 || strconv.FormatInt(id, 10) != raw {
		return 0
	}
	return id
}
