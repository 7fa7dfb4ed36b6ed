package e2e

import (
	"os"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

func TestMain(m *testing.M) {
	os.Exit(rig.Main(m, "redis-server", "chromium", "npm"))
}

// suite is a world with the questions these tests ask it.
type suite struct{ *rig.World }

func world(t *testing.T, replicas int, env ...string) *suite {
	return &suite{rig.New(t, replicas, env...)}
}

func connect(t *testing.T, replicas int, env ...string) *suite {
	return &suite{rig.Connected(t, replicas, env...)}
}
