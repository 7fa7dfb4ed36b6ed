package jobs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/i18n"
	"github.com/sidecard/sidecard/internal/ledger"
)

// counted are the reasons that every try may repeat.
var counted = map[string]bool{
	"waits": true, "sending_deal": true, "sending_note": true, "sending_task": true,
	"deal_looked": true, "note_looked": true, "task_looked": true,
}

// reasonTexts are the English words of reasons by code. N is the number or id, Rest the reason that follows or somebody's words.
var reasonTexts = map[string]string{
	"slow":          "amoCRM asks to slow down",
	"loop":          "this ticket fired more than 20 times within an hour; it looks like a loop between rules",
	"no_login":      "nobody is logged in to amoCRM: log in from any ticket, then this is sent",
	"account_gone":  "the account is gone",
	"payment":       "amoCRM takes no writes: the account's tariff has ended",
	"blocked":       "amoCRM has blocked the account's API: ask its support",
	"no_right":      "the amoCRM user who logged in lacks the right to do this",
	"token":         "amoCRM refuses the access token",
	"crm_down":      "amoCRM can't be reached or has trouble{{with .Rest}}: {{.}}{{end}}",
	"no_desk_token": "the helpdesk's API token is missing: add usedesk_api_token to the block's parameters",
	"desk_token":    "the helpdesk refuses the API token: check usedesk_api_token in the block's settings",
	"desk_down":     "the helpdesk's API can't be reached or has trouble{{with .Rest}}: {{.}}{{end}}",
	"desk_refused":  "the helpdesk's API refused to tell about the ticket",
	"store_down":    "Sidecard's own storage is not working just now",
	"look":          "it is not known yet whether the write was done{{with .Rest}}: {{.}}{{end}}",
	"restart":       "interrupted by a restart",
	"behind":        "waits for the firing before it on its ticket",
	"client_busy":   "another firing of the same client is being worked on",
	"unexpected":    "an unexpected error; see the server's log",

	"cause_answer":  "its answer was {{.N}}{{with .Rest}}: {{.}}{{end}}",
	"cause_timeout": "no answer came in time",
	"cause_refused": "it refused the connection",
	"cause_name":    "its address was not found",
	"cause_tls":     "its certificate is not trusted",
	"cause_cut":     "the connection was cut",

	"no_ticket":      "the helpdesk has no ticket {{.N}}",
	"no_client":      "ticket {{.N}} has no client",
	"twins":          "amoCRM's answer was lost, and {{.N}} deals may be the one that it made: say which",
	"refused_deal":   "amoCRM refused the deal: {{.Rest}}",
	"refused_note":   "amoCRM refused the note; the deal is made: {{.Rest}}",
	"refused_task":   "amoCRM refused the task; the deal is made: {{.Rest}}",
	"gave_up":        "gave up after {{.N}} attempts: {{.Rest}}",
	"waited":         "waited for 7 days: {{.Rest}}",
	"remarks":        "left out: {{.Rest}}",
	"rule_refused":   "the rule can't be carried out as it stands: {{.Rest}}",
	"not_in_account": "the account has not got what the rule says: {{.Rest}}",
	"own_comment":    "caused by our own comment on firing {{.N}}",

	"accepted":     "accepted",
	"waits":        "accepted: {{.Rest}}",
	"held":         "held: {{.Rest}}",
	"failed":       "failed: {{.Rest}}",
	"done":         "done",
	"done_why":     "done: {{.Rest}}",
	"released":     "released",
	"retried":      "retried by a person",
	"edited":       "edited and retried by a person",
	"dropped":      "dropped by a person: {{.Rest}}",
	"chosen":       "deal {{.N}} chosen by a person",
	"none_meant":   "a person says that none of the deals is meant: a new one is made",
	"moved":        "taken along when the helpdesk's key was replaced",
	"sending_deal": "sending the deal",
	"sending_note": "sending the note",
	"sending_task": "sending the task",
	"deal_made":    "deal {{.N}} made",
	"deal_found":   "deal {{.N}} was found in the CRM: its first try had come through",
	"deal_merged":  "amoCRM's duplicate control put it into deal {{.N}}",
	"deal_looked":  "looked for the deal: not in the CRM",
	"note_looked":  "looked for the note: not in the CRM",
	"task_looked":  "looked for the task: not in the CRM",
	"attached":     "the client has open deal {{.N}}: attached to it",
	"skipped":      "the client has open deal {{.N}}: nothing to do",
	"left_out":     "{{.N}} lines are left out here",
	"telling":      "telling the helpdesk",
	"not_told":     "the helpdesk could not be told of the outcome",
}

var reasonTemplates = i18n.ParseTexts(reasonTexts)

// English is a reason in English, for answers of the API, logs and the command line. Pages have texts of their own, by the codes.
func English(r ledger.Reason) string {
	code, n, rest := r.Head()
	if code == "" {
		return string(rest)
	}
	text := reasonTemplates.Lookup(code)
	if text == nil { // of a newer version
		return strings.TrimSuffix(code+": "+English(rest), ": ")
	}
	var b strings.Builder
	if err := text.Execute(&b, map[string]string{"N": n, "Rest": English(rest)}); err != nil {
		panic(err) // a mistake in this package
	}
	return b.String()
}

// InEnglish is a timeline in English.
func InEnglish(timeline []ledger.Line) []ledger.Line {
	out := slices.Clone(timeline)
	for i := range out {
		out[i].Text = ledger.Reason(English(out[i].Text))
	}
	return out
}

// ReasonCodes are all codes of reasons.
func ReasonCodes() []string { return slices.Sorted(maps.Keys(reasonTexts)) }

// Summary is the first problems in words.
func Summary(problems []request.Problem) ledger.Reason {
	var parts []string
	for _, p := range problems[:min(len(problems), 5)] {
		parts = append(parts, p.Path+": "+p.Detail)
	}
	if more := len(problems) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return ledger.InWords(strings.Join(parts, "; "))
}
