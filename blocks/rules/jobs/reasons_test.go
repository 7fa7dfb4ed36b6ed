package jobs

import (
	"testing"

	"github.com/sidecard/sidecard/internal/ledger"
)

func TestEnglish(t *testing.T) {
	t.Parallel()
	for made, want := range map[ledger.Reason]string{
		ledger.Because("deal_made", 12, ""):                              "deal 12 made",
		ledger.Because("failed", "", ledger.Because("no_ticket", 5, "")): "failed: the helpdesk has no ticket 5",
		ledger.Because("dropped", "", ledger.InWords("a\nb | c")):        "dropped by a person: a\nb | c",
		ledger.InWords("=1+1"):                                           "=1+1",
		"the helpdesk has no ticket 5":                                   "the helpdesk has no ticket 5", // of form 2
		"=of_later:3 slow":                                               "of_later: amoCRM asks to slow down",
		"":                                                               "",
		"=waits crm_down cause_answer:500|=1+1":                          "accepted: amoCRM can't be reached or has trouble: its answer was 500: =1+1",
	} {
		if got := English(made); got != want {
			t.Errorf("%q is %q, want %q", made, got, want)
		}
	}
}

func FuzzEnglish_wordsComeBack(f *testing.F) {
	f.Add("=|a")
	f.Add("a|b =c")
	f.Fuzz(func(t *testing.T, text string) {
		if got := English(ledger.InWords(text)); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		got := English(ledger.Because("failed", "", ledger.Because("gave_up", 3, ledger.InWords(text))))
		if text != "" && got != "failed: gave up after 3 attempts: "+text {
			t.Errorf("%q came back as %q", text, got)
		}
	})
}
