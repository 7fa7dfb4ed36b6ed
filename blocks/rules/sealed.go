package rules

import (
	"encoding/json"
	"fmt"

	"github.com/sidecard/sidecard/internal/store"
)

// What is stored of an entry may hold a client's words: his name in a deal's name, a value in a complaint, a reason that a
// person typed. All of it is sealed, each part bound to its own place. Plain are ids, times, states, and those sentences of
// the timeline and of Why that are wholly ours. Entries of form 1, which had only their request sealed, are still read.

// fieldPlace is what a sealed field of an entry is bound to.
func fieldPlace(tenantID, id, field string) string { return entryKey(tenantID, id) + "#" + field }

// sealText seals a reason unless it is ours, without anybody else's words.
func (l *Ledger) sealText(r Reason, place string) string {
	if r.ours() {
		return string(r)
	}
	return l.seal.Seal([]byte(r), place)
}

func (l *Ledger) openText(stored, place string) (Reason, error) {
	if !store.IsSealed(stored) {
		return Reason(stored), nil
	}
	plain, err := l.seal.Open(stored, place)
	return Reason(plain), err
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
func (l *Ledger) sealWhy(tenantID, id string, why Reason) string {
	return l.sealText(why, fieldPlace(tenantID, id, "why"))
}

// sealLine is a reason as the timeline keeps it, and the mark by which one that comes again is counted (say).
func (l *Ledger) sealLine(tenantID, id string, r Reason) (line, again string) {
	return l.sealText(r, lineKey(tenantID, id)), r.again()
}
