package ledger

import (
	"fmt"
	"strings"
)

// Reason is a sentence about a job, as it is stored: "=" and codes, the more general one first, each with the number or id that
// belongs to it, then words of somebody else behind a bar, if there are any, as in
// "=failed gave_up:10 crm_down cause_answer:500|Internal Server Error". Anything else is words alone: jobs of form 2 and older
// hold English sentences. Its words in a language are found by the codes where it is shown.
type Reason string

// Reasons of the ledger's own; the scripts have some of them, too.
const (
	WhyBehind Reason = "=behind" // another job of its order
	whyLoop   Reason = "=loop"   // it stands for further ones of its order

	textAccepted Reason = "=accepted"
	textRetried  Reason = "=retried"
	textMoved    Reason = "=moved"

	codeDropped = "dropped"
	codeLeftOut = "left_out"
	codeWaits   = "waits"
)

// Because returns a reason by its code and number, "" for none. rest is a reason of its own, or words.
func Because(code string, n any, rest Reason) Reason {
	head := "=" + code
	if text := fmt.Sprint(n); text != "" {
		head += ":" + text
	}
	switch more, coded := strings.CutPrefix(string(rest), "="); {
	case rest == "":
		return Reason(head)
	case coded:
		return Reason(head + " " + more)
	}
	return Reason(head + "|" + string(rest))
}

// InWords returns a reason in somebody's words.
func InWords(text string) Reason {
	if strings.HasPrefix(text, "=") {
		return Reason("=|" + text)
	}
	return Reason(text)
}

// Head returns the first code of a reason with its number or id, and what follows it. Without a code, rest is words.
func (r Reason) Head() (code, n string, rest Reason) {
	all, coded := strings.CutPrefix(string(r), "=")
	if !coded {
		return "", "", r
	}
	codes, own, has := strings.Cut(all, "|")
	first, more, _ := strings.Cut(codes, " ")
	code, n, _ = strings.Cut(first, ":")
	switch {
	case code == "":
		return "", "", Reason(own)
	case more != "" && has:
		return code, n, Reason("=" + more + "|" + own)
	case more != "":
		return code, n, Reason("=" + more)
	}
	return code, n, InWords(own)
}

// wordless reports whether a reason holds no words of anybody.
func (r Reason) wordless() bool { return r == "" || r[0] == '=' && !strings.Contains(string(r), "|") }

// codes are a reason's codes in one word: the same for reasons that differ in words alone.
func (r Reason) codes() string {
	codes, _, _ := strings.Cut(string(r[1:]), "|")
	return strings.ReplaceAll(codes, " ", ".")
}
