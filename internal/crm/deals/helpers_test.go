package deals

import (
	"testing"

	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

type subject = Deals // no method has this name

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

// sandboxAccount is an account of the local amoCRM.
func sandboxAccount(t *testing.T) *fixture {
	t.Helper()
	return accountOf(t, scenario.Build())
}

// accountOf is the first account of a world.
func accountOf(t *testing.T, world scenario.World) *fixture {
	t.Helper()
	f := &crmtest.Fixture{Account: crmtest.SandboxOf(t, world)}
	return &fixture{f, New(f.Account)}
}
