package request

import (
	"maps"
	"strings"

	"github.com/sidecard/sidecard/internal/i18n"
)

// problemTexts are the problems' words by Problem.Key, in the catalogue's form. A param named Kind is itself the key of a word,
// one of kinds. Near is what the author may have meant, empty when nothing is like it.
var problemTexts = map[string]string{
	"body_too_large":    "may have at most 1 MiB",
	"fields_missing":    "put the deal's fields here; accepted: {{.Accepted}}",
	"ticket_elsewhere":  `the ticket belongs in "ticketId", not in "ticket_id"`,
	"ticket_missing":    `write "ticketId": "{{.Variable}}" into the rule`,
	"ticket_blank":      `the helpdesk filled {{.Variable}} with nothing; the rule must run on a ticket`,
	"ticket_unfilled":   `the helpdesk did not fill in {{.Given}}; choose the ticket id from its list of variables`,
	"ticket_unknown":    "the helpdesk has no such ticket",
	"ticket_clientless": "the ticket has no client to make a deal for",
	"no_desk_token":     "the helpdesk's API token is missing: add usedesk_api_token to the block's parameters",
	"foreign_key":       "this key is not the one of your account; copy the rule from here again",
	"foreign_client":    "this is not the integration that your account is connected with; copy the rule from here again, or leave it out",

	"unknown_key":      `is not known here; {{if .Near}}did you mean "{{.Near}}"? {{end}}accepted: {{.Accepted}}`,
	"given_twice":      `stands in "fields", too; say it once`,
	"not_object":       "must be an object with {{.Accepted}}, not {{.Kind}}",
	"not_list":         "must be a list, not {{.Kind}}",
	"not_flag":         "must be true or false, not {{.Given}}",
	"not_text":         "must be text, not {{.Kind}}",
	"not_whole":        "must be a whole number, not {{.Given}}",
	"kind_not_whole":   "must be a whole number, not {{.Kind}}",
	"unreadable":       "the value can't be read",
	"not_amount":       "must be one amount, such as 1500 or 1 500,50, not {{.Given}}",
	"kind_not_amount":  "must be one amount, such as 1500 or 1 500,50, not {{.Kind}}",
	"amount_unclear":   "{{.Given}} can be thousands or a fraction; write it without the mark, or with two decimals",
	"amount_too_fine":  "may have at most two decimals",
	"amount_too_large": "is too large for an amount",
	"amount_currency":  "is in another currency than {{.Currency}}, the account's",
	"no_cents":         "the account keeps no cents: {{.Price}} was taken",
	"not_positive":     "must be greater than 0",
	"negative":         "must be 0 or more",
	"too_long":         "may have at most {{.Count}} characters",
	"too_many":         "may have at most {{.Count}} entries",
	"no_value":         `needs at least one value, as in [{"value": "text"}]`,
	"no_field":         "say which field: field_id, field_code or field_name",
	"no_form":          "needs value, enum_id or enum_code",
	"task_textless":    "say what is to be done",
	"not_due":          "must be a time from now, such as 90m, 4h or 2d, not {{.Given}}",
	"due_range":        "must be between 1m and 365d",
	"not_open_deal":    "must be one of {{.Accepted}}, not {{.Given}}",
	"no_template":      `there is no {{.Given}} here; {{if .Near}}did you mean {{.Near}}? {{end}}accepted: {{.Accepted}}`,

	"no_pipeline":         "the account has no such pipeline; {{if .Near}}did you mean {{.Near}}? {{end}}accepted: {{.Accepted}}",
	"no_stage":            "pipeline {{.Pipeline}} has no such stage; {{if .Near}}did you mean {{.Near}}? {{end}}accepted: {{.Accepted}}",
	"no_stage_anywhere":   "no pipeline of the account has such a stage; {{if .Near}}did you mean {{.Near}}? {{end}}accepted: {{.Accepted}}",
	"no_user":             "the account has no such user; {{if .Near}}did you mean {{.Near}}? {{end}}accepted: {{.Accepted}}",
	"inactive_user":       "{{.User}} is deactivated or has no paid seat; accepted: {{.Accepted}}",
	"users_hidden":        "the amoCRM user who logged in may not read the list of users; use responsible_user_id",
	"no_lead_field":       "deals of the account have no such field; {{if .Near}}did you mean {{.Near}}? {{end}}accepted: {{.Accepted}}",
	"ambiguous":           "several have this name: {{.Found}}; use the id",
	"ambiguous_stage":     "several pipelines have a stage of this name: {{.Found}}; name the pipeline, too",
	"field_readonly":      `field "{{.Field}}" is filled by amoCRM itself`,
	"field_choice":        `field "{{.Field}}" has no such choice; {{if .Near}}did you mean {{.Near}}? {{end}}accepted: {{.Accepted}}`,
	"field_takes_text":    `field "{{.Field}}" takes text`,
	"field_takes_url":     `field "{{.Field}}" takes a web address such as https://example.com/page`,
	"field_takes_number":  `field "{{.Field}}" takes a number such as 1500 or 1500.50`,
	"field_takes_flag":    `field "{{.Field}}" takes true or false`,
	"field_takes_date":    `field "{{.Field}}" takes a date such as 2006-01-02, or Unix seconds`,
	"field_takes_time":    `field "{{.Field}}" takes a time such as 2006-01-02T15:04, or Unix seconds`,
	"field_takes_object":  `field "{{.Field}}" takes a JSON object`,
	"field_takes_value":   `field "{{.Field}}" takes only "value"`,
	"field_takes_at_most": `field "{{.Field}}" takes at most {{.Count}} values`,
	"field_takes":         `field "{{.Field}}" takes {{.Accepts}}`,
	"required_field":      `stage {{.Stage}} requires field "{{.Field}}"`,
	"closed_stage":        "the deal is made in a closed stage, {{.Stage}}: it will not be among the open ones",
	"archived_pipeline":   "pipeline {{.Pipeline}} is archived",
	"mapped_gone":         "the settings fill a field that the account no longer has; choose another one there",
	"refused_unnamed":     "amoCRM refused the deal without saying which value is wrong: {{.Reason}}",
	"unsorted_stage":      "stage {{.Stage}} is for incoming leads; amoCRM makes no deal in it by itself",

	"field_takes_chain":     `field "{{.Field}}" takes "catalog_id" and "catalog_element_id", or both as a text such as "1001:12235"`,
	"field_takes_line":      `field "{{.Field}}" takes a line of an address; its "enum_code" is one of {{.Accepted}}`,
	"field_takes_named":     `field "{{.Field}}" takes a JSON object with "name", or the name alone`,
	"field_date_ambiguous":  `field "{{.Field}}": day and month could be either; write the date as 2006-01-02`,
	"field_date_impossible": `field "{{.Field}}": there is no such day or time; write the date as 2006-01-02`,
	"field_date_yearless":   `field "{{.Field}}": the date has no year; write it as 2006-01-02`,
}

// kinds are what a JSON value can be, as problemTexts take it in Kind.
var kinds = map[string]string{
	"null": "null", "object": "an object", "list": "a list", "flag": "true or false", "text": "text", "number": "a number",
}

var problemTemplates = i18n.ParseTexts(problemTexts)

func english(key string, params map[string]string) string {
	if kind, ok := params["Kind"]; ok {
		params = maps.Clone(params)
		params["Kind"] = kinds[kind]
	}
	var b strings.Builder
	if err := problemTemplates.ExecuteTemplate(&b, key, params); err != nil {
		panic(err) // a mistake in this package: a key or a text that is not there
	}
	return b.String()
}
