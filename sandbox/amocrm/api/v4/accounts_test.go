package v4

import (
	"regexp"
	"testing"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

var uuidOfANumber = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAPI_amojoIDIsAUUID(t *testing.T) {
	for n := range int64(50) {
		if got := accountUUID(&world.Account{ID: 31000000 + n}); !uuidOfANumber.MatchString(got) {
			t.Errorf("account %d: %s", n, got)
		}
	}
}
