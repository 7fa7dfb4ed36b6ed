package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/sidecard/sidecard/e2e/rig"
)

// doctor runs the command with the environment of the world's replicas.
func (w *suite) doctor(extra ...string) (string, bool) {
	w.T.Helper()
	cmd := exec.Command(rig.Binary, "doctor")
	cmd.Env = append(append(os.Environ(), w.Env()...), extra...)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func TestDoctor_namesWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	if out, well := w.doctor(); !well || strings.Contains(out, "BAD") || !strings.Contains(out, "Hogwarts Supplies") {
		t.Errorf("a healthy install is not found well:\n%s", out)
	}
	if out, well := w.doctor("SIDECARD_PUBLIC_URL=nonsense", "AMO_CLIENT_SECRET="); well ||
		!strings.Contains(out, "SIDECARD_PUBLIC_URL") || !strings.Contains(out, "AMO_CLIENT_ID") {
		t.Errorf("wrong configuration is not named:\n%s", out)
	}
	if out, well := w.doctor("REDIS_URL=redis://127.0.0.1:1/0"); well || !strings.Contains(out, "REDIS_URL") {
		t.Errorf("an unreachable Redis is not named:\n%s", out)
	}
	w.Post(w.Amo+"/_sandbox/revoke", map[string]any{})
	if out, well := w.doctor(); well || !strings.Contains(out, "log in again") {
		t.Errorf("a revoked grant is not named:\n%s", out)
	}
}
