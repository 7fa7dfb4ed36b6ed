package rules

import "regexp"

// Meaning is a stored sentence by its code, so that it can be said in another language. N is the number in it; Rest is the
// part that is a sentence, or somebody's words, of its own.
type Meaning struct{ Code, N, Rest string }

// Sentences are stored in English. Those that are known have a code; the first match wins. A change of the wording costs
// only the translation of old entries.
var meanings = []struct {
	code string
	is   *regexp.Regexp
}{
	{"slow", exactly(whySlow)},
	{"loop", exactly(whyLoop)},
	{"no_login", exactly(whyNoLogin)},
	{"account_gone", exactly("the account is gone")},
	{"payment", exactly("amoCRM takes no writes: the account's tariff has ended")},
	{"blocked", exactly("amoCRM has blocked the account's API: ask its support")},
	{"no_right", exactly("the amoCRM user who logged in lacks the right to do this")},
	{"token", exactly("amoCRM refuses the access token")},
	{"crm_down", caused("amoCRM can't be reached or has trouble")},
	{"no_desk_token", exactly(errNoDeskToken.Error())},
	{"desk_token", exactly("the helpdesk refuses the API token: check usedesk_api_token in the block's settings")},
	{"desk_down", caused("the helpdesk's API can't be reached or has trouble")},
	{"store_down", exactly("Sidecard's own storage is not working just now")},
	{"desk_refused", exactly("the helpdesk's API refused to tell about the ticket")},
	{"look", caused((&lookAgain{}).Error())},
	{"cause_answer", regexp.MustCompile(`(?s)^its answer was (?P<N>\d{3})(?:: (?P<Rest>.+))?$`)},
	{"cause_timeout", exactly("no answer came in time")},
	{"cause_refused", exactly("it refused the connection")},
	{"cause_name", exactly("its address was not found")},
	{"cause_tls", exactly("its certificate is not trusted")},
	{"cause_cut", exactly("the connection was cut")},
	{"restart", exactly("interrupted by a restart")},
	{"behind", exactly(whyBehind)},
	{"client_busy", exactly(errClientBusy.Error())},
	{"unexpected", exactly("an unexpected error; see the server's log")},
	{"no_ticket", regexp.MustCompile(`^the helpdesk has no ticket (?P<N>\d+)$`)},
	{"no_client", regexp.MustCompile(`^ticket (?P<N>\d+) has no client$`)},
	{"twins", regexp.MustCompile(`^amoCRM's answer was lost, and (?P<N>\d+) deals may be the one that it made: say which$`)},
	{"refused_task", regexp.MustCompile(`(?s)^amoCRM refused the task; the deal is made: (?P<Rest>.+)$`)},
	{"refused_note", regexp.MustCompile(`(?s)^amoCRM refused the note; the deal is made: (?P<Rest>.+)$`)},
	{"refused_deal", regexp.MustCompile(`(?s)^amoCRM refused the deal: (?P<Rest>.+)$`)},
	{"gave_up", regexp.MustCompile(`(?s)^gave up after (?P<N>\d+) attempts: (?P<Rest>.+)$`)},
	{"remarks", regexp.MustCompile(`(?s)^left out: (?P<Rest>.+)$`)},
	{"rule_refused", regexp.MustCompile(`(?s)^` + regexp.QuoteMeta(whyRefused) + `: (?P<Rest>.+)$`)},
	{"not_in_account", regexp.MustCompile(`(?s)^` + regexp.QuoteMeta(whyNotThere) + `: (?P<Rest>.+)$`)},
	{"waited", regexp.MustCompile(`(?s)^waited for 7 days: (?P<Rest>.+)$`)},

	{"accepted", exactly("accepted")},
	{"done", exactly("done")},
	{"released", exactly("released")},
	{"sending_deal", exactly("sending the deal")},
	{"sending_note", exactly("sending the note")},
	{"sending_task", exactly("sending the task")},
	{"deal_made", regexp.MustCompile(`^deal (?P<N>\d+) made$`)},
	{"deal_found", regexp.MustCompile(`^deal (?P<N>\d+) was found in the CRM: its first try had come through$`)},
	{"deal_looked", exactly("looked for the deal: not in the CRM")},
	{"note_looked", exactly("looked for the note: not in the CRM")},
	{"task_looked", exactly("looked for the task: not in the CRM")},
	{"deal_merged", regexp.MustCompile(`^amoCRM's duplicate control put it into deal (?P<N>\d+)$`)},
	{"attached", regexp.MustCompile(`^the client has open deal (?P<N>\d+): attached to it$`)},
	{"skipped", regexp.MustCompile(`^the client has open deal (?P<N>\d+): nothing to do$`)},
	{"retried", exactly(textRetried)},
	{"edited", exactly(textEdited)},
	{"moved", exactly(textMoved)},
	{"none_meant", exactly(textNoneMeant)},
	{"chosen", regexp.MustCompile(`^deal (?P<N>\d+) chosen by a person$`)},
	{"dropped", regexp.MustCompile(`(?s)^` + regexp.QuoteMeta(textDropped) + `(?P<Rest>.+)$`)},
	{"failed", regexp.MustCompile(`(?s)^failed: (?P<Rest>.+)$`)},
	{"held", regexp.MustCompile(`(?s)^held: (?P<Rest>.+)$`)},
	{"waits", regexp.MustCompile(`(?s)^accepted: (?P<Rest>.+)$`)},
	{"left_out", regexp.MustCompile(`^(?P<N>\d+) lines are left out here$`)},
	{"telling", exactly("telling the helpdesk")},
	{"not_told", exactly("the helpdesk could not be told of the outcome")},
	{"own_comment", regexp.MustCompile(`^caused by our own comment on firing (?P<N>[0-9a-v]{26})$`)},
	{"done_why", regexp.MustCompile(`(?s)^done: (?P<Rest>.+)$`)},
}

// caused is a sentence that may name its cause behind it.
func caused(text string) *regexp.Regexp {
	return regexp.MustCompile(`(?s)^` + regexp.QuoteMeta(text) + `(?:: (?P<Rest>.+))?$`)
}

func exactly(text string) *regexp.Regexp {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(text) + `$`)
}

// MeaningOf finds the meaning of a Why or of a timeline's text; ok is false when it is not known and can only be shown as
// it stands.
func MeaningOf(text string) (m Meaning, ok bool) {
	for _, known := range meanings {
		found := known.is.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		m = Meaning{Code: known.code}
		for i, name := range known.is.SubexpNames() {
			switch name {
			case "N":
				m.N = found[i]
			case "Rest":
				m.Rest = found[i]
			}
		}
		return m, true
	}
	return Meaning{}, false
}

// MeaningCodes are all codes that MeaningOf may give.
func MeaningCodes() []string {
	out := make([]string, len(meanings))
	for i, m := range meanings {
		out[i] = m.code
	}
	return out
}
