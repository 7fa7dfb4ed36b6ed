package companies

import (
	"testing"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
)

type subject = Companies // no method has this name

// fixture is an account with what is tested.
type fixture struct {
	*crmtest.Fixture
	*subject
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := crmtest.New(t)
	return &fixture{f, New(f.Account)}
}
