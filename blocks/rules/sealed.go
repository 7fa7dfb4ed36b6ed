package rules

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sidecard/sidecard/internal/store"
)

// What is stored of an entry may hold a client's words: his name in a deal's name, a value in a complaint, a reason that a
// person typed. All of it is sealed, each part bound to its own place. Plain are ids, times, states, and those sentences of
// the timeline and of Why that are wholly ours. Entries of form 1, which had only their request sealed, are still read.

// fieldPlace is what a sealed field of an entry is bound to.
func fieldPlace(tenantID, id, field string) string { return entryKey(tenantID, id) + "#" + field }

// sealText seals a sentence unless it is one of ours, without anybody else's words.
func (l *Ledger) sealText(text, place string) string {
	if text == "" || wordless(text) {
		return text
	}
	return l.seal.Seal([]byte(text), place)
}

// wordless says that a sentence is known, with all its parts.
func wordless(text string) bool {
	m, known := MeaningOf(text)
	return known && (m.Rest == "" || wordless(m.Rest))
}

func (l *Ledger) openText(stored, place string) (string, error) {
	if !store.IsSealed(stored) {
		return stored, nil
	}
	plain, err := l.seal.Open(stored, place)
	return string(plain), err
}

// sealJSON seals a value as JSON.
func (l *Ledger) sealJSON(v any, place string) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return l.seal.Seal(plain, place), nil
}

// openJSON reads what sealJSON has made, or the plain JSON of form 1; nothing stored leaves into as it is.
func (l *Ledger) openJSON(stored, place string, into any) error {
	if stored == "" {
		return nil
	}
	plain := []byte(stored)
	if store.IsSealed(stored) {
		var err error
		if plain, err = l.seal.Open(stored, place); err != nil {
			return err
		}
	}
	return json.Unmarshal(plain, into)
}

// sealSteps seals an entry's steps.
func (l *Ledger) sealSteps(tenantID, id string, s Steps) (string, error) {
	sealed, err := l.sealJSON(s, fieldPlace(tenantID, id, "steps"))
	if err != nil {
		return "", fmt.Errorf("encode steps: %w", err)
	}
	return sealed, nil
}

// sealProblems seals an entry's problems; none are "".
func (l *Ledger) sealProblems(tenantID, id string, list []Problem) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	sealed, err := l.sealJSON(list, fieldPlace(tenantID, id, "problems"))
	if err != nil {
		return "", fmt.Errorf("encode problems: %w", err)
	}
	return sealed, nil
}

// sealWhy seals an entry's Why.
func (l *Ledger) sealWhy(tenantID, id, why string) string {
	return l.sealText(why, fieldPlace(tenantID, id, "why"))
}

// sealLine is a sentence as the timeline keeps it, and the mark by which one that happens again is counted (say).
func (l *Ledger) sealLine(tenantID, id, text string) (line, again string) {
	return l.sealText(text, lineKey(tenantID, id)), repeatMark(text)
}

// repeats are the sentences that every try may say again: one line counts them.
var repeats = map[string]bool{
	"waits": true, "sending_deal": true, "sending_note": true, "sending_task": true,
	"deal_looked": true, "note_looked": true, "task_looked": true,
}

// repeatMark is the same for sentences that say the same, whatever the CRM's own words in them; "" for what is said once.
func repeatMark(text string) string {
	m, known := MeaningOf(text)
	if !known || !repeats[m.Code] {
		return ""
	}
	var mark strings.Builder
	for ; known; m, known = MeaningOf(m.Rest) {
		fmt.Fprintf(&mark, ".%s%s", m.Code, m.N)
	}
	return mark.String()[1:]
}
