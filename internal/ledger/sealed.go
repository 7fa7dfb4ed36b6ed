package ledger

import (
	"encoding/json"
	"fmt"

	"github.com/sidecard/sidecard/internal/store"
)

// What is stored of a job may hold a client's words: a name in a request, a value in a problem, a reason that a person typed. All
// of it is sealed, each part bound to its own place. Plain are ids, times, states, and reasons that hold codes alone. Jobs of
// form 1, which had only their request sealed, are still read.

// fieldPlace is what a sealed field of a job is bound to.
func (l *stored[P, S, R]) fieldPlace(tenantID, id, field string) string {
	return l.jobKey(tenantID, id) + "#" + field
}

// sealText seals a reason unless it is ours, without anybody else's words.
func (l *stored[P, S, R]) sealText(r Reason, place string) string {
	if r.wordless() {
		return string(r)
	}
	return l.db.Ring().Seal([]byte(r), place)
}

func (l *stored[P, S, R]) openText(stored, place string) (Reason, error) {
	if !store.IsSealed(stored) {
		return Reason(stored), nil
	}
	plain, err := l.db.Ring().Open(stored, place)
	return Reason(plain), err
}

// sealJSON seals a value as JSON.
func (l *stored[P, S, R]) sealJSON(v any, place string) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return l.db.Ring().Seal(plain, place), nil
}

// openJSON reads what sealJSON has made, or the plain JSON of form 1; nothing stored leaves into as it is.
func (l *stored[P, S, R]) openJSON(stored, place string, into any) error {
	if stored == "" {
		return nil
	}
	plain := []byte(stored)
	if store.IsSealed(stored) {
		var err error
		if plain, err = l.db.Ring().Open(stored, place); err != nil {
			return err
		}
	}
	return json.Unmarshal(plain, into)
}

// sealRequest seals a job's request.
func (l *stored[P, S, R]) sealRequest(tenantID, id string, request P) (string, error) {
	plain, err := json.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("encode request: %w", err)
	}
	return l.db.Ring().Seal(plain, l.jobKey(tenantID, id)), nil
}

// sealSteps seals a job's steps.
func (l *stored[P, S, R]) sealSteps(tenantID, id string, s S) (string, error) {
	sealed, err := l.sealJSON(s, l.fieldPlace(tenantID, id, "steps"))
	if err != nil {
		return "", fmt.Errorf("encode steps: %w", err)
	}
	return sealed, nil
}

// sealProblems seals a job's problems; none are "".
func (l *stored[P, S, R]) sealProblems(tenantID, id string, list []R) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	sealed, err := l.sealJSON(list, l.fieldPlace(tenantID, id, "problems"))
	if err != nil {
		return "", fmt.Errorf("encode problems: %w", err)
	}
	return sealed, nil
}

// sealWhy seals a job's Why.
func (l *stored[P, S, R]) sealWhy(tenantID, id string, why Reason) string {
	return l.sealText(why, l.fieldPlace(tenantID, id, "why"))
}

// sealLine is a reason as the timeline keeps it, and the mark by which one that comes again is counted (say).
func (l *stored[P, S, R]) sealLine(tenantID, id string, r Reason) (line, again string) {
	if code, _, _ := r.Head(); l.kind.Counted[code] {
		again = r.codes()
	}
	return l.sealText(r, l.lineKey(tenantID, id)), again
}
