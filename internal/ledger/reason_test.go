package ledger

import "testing"

func TestReason_isReadAsItWasMade(t *testing.T) {
	t.Parallel()
	for made, wordless := range map[Reason]bool{
		Because("deal_made", 12, ""):                                        true,
		Because("failed", "", Because("no_ticket", 5, "")):                  true,
		Because("dropped", "", InWords("a\nb | c")):                         false,
		Because("waits", "", Because("cause_answer", 500, InWords("=1+1"))): false,
		InWords("=1+1"):                false,
		"the helpdesk has no ticket 5": false, // of form 2
		"":                             true,
	} {
		if made.wordless() != wordless {
			t.Errorf("%q: %v", made, made.wordless())
		}
	}
	chain := Because("failed", "", Because("gave_up", 3, InWords("x")))
	code, n, rest := chain.Head()
	inner, innerN, words := rest.Head()
	if code != "failed" || n != "" || inner != "gave_up" || innerN != "3" || words != "x" || chain.codes() != "failed.gave_up:3" {
		t.Errorf("%q: %s %s, %s %s, %q", chain, code, n, inner, innerN, words)
	}
}
