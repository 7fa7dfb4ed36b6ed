package helpdesk

import (
	"regexp"
	"slices"
	"strings"
)

var (
	placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)
	anyPlace    = regexp.MustCompile(placeholder.String() + `|\[\[\s*([^\[\]]*?)\s*\]\]`)
	placeName   = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_.$-]*$`)
)

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
		if said := t.Values(name); len(said) > 0 {
			return said[0]
		}
		return ""
	})
}

// HasPlaceholder reports whether Fill would change a text.
func HasPlaceholder(text string) bool {
	for _, place := range anyPlace.FindAllString(text, -1) {
		if IsSource(strings.TrimSpace(place[2 : len(place)-2])) {
			return true
		}
	}
	return false
}

// UnknownPlaceholder returns the name in the first placeholder of a text that Fill does not know and that counts, "" when
// there is none. Braces around what can't be a name, as people write them in messages, are text.
func UnknownPlaceholder(text string, counts func(name string) bool) string {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !IsSource(m[1]) && placeName.MatchString(m[1]) && counts(m[1]) {
			return m[1]
		}
	}
	return ""
}

// WrongPlaceholder returns the first placeholder of a template that is none of the allowed ones, "" when all are allowed.
// Braces that belong to no placeholder are "{{" or "}}".
func WrongPlaceholder(template string, allowed []string) string {
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(allowed, m[1]) {
			return m[0]
		}
	}
	rest := placeholder.ReplaceAllString(template, "")
	for _, brace := range []string{"{{", "}}"} {
		if strings.Contains(rest, brace) {
			return brace
		}
	}
	return ""
}
