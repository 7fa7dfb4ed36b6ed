package amocrm

import (
	"regexp"
	"testing"
)

var uuidOfANumber = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAPI_amojoIDIsAUUID(t *testing.T) {
	for n := range int64(50) {
		if got := accountUUID(&Account{ID: 31000000 + n}); !uuidOfANumber.MatchString(got) {
			t.Errorf("account %d: %s", n, got)
		}
	}
}
