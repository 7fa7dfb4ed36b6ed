package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sidecard/sidecard/e2e/rig"
)

// doctor runs the command with the environment of the world's replicas.
func (w *suite) doctor(extra ...string) (string, bool) {
	w.T.Helper()
	cmd := exec.Command(rig.Binary, "doctor")
	cmd.Env = append(append(os.Environ(), w.Env()...), extra...)
	out, err := cmd.CombinedOutput()
	for _, leak := range rig.Leaks(string(out), w.Secrets()) {
		w.T.Errorf("the doctor has printed %s", leak)
	}
	return string(out), err == nil
}

func TestDoctor_namesWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	w := connect(t, 1)
	w.subscribed()
	healthy, well := w.doctor()
	if !well || strings.Contains(healthy, "BAD") {
		t.Errorf("a healthy install is not found well:\n%s", healthy)
	}
	for _, want := range []string{"Hogwarts Supplies", "amoCRM knows it", "amoCRM tells of changes", "agrees with amoCRM", "agrees with Redis",
		"public URL", "appendonly yes"} {
		if !strings.Contains(healthy, want) {
			t.Errorf("a healthy install is not told %q:\n%s", want, healthy)
		}
	}

	o, err := redis.ParseURL(w.Redis)
	if err != nil {
		t.Fatal(err)
	}
	db := redis.NewClient(o)
	t.Cleanup(func() { _ = db.Close() })
	config := func(name, value string) func() {
		return func() {
			if err := db.ConfigSet(t.Context(), name, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	nothing := func() {}
	elsewhere := "SIDECARD_PUBLIC_URL=http://" + rig.FreeAddr(t)
	for _, c := range []struct {
		name         string
		before, then func()
		env          []string
		says         []string
	}{
		{"configuration", nothing, nothing, []string{"SIDECARD_PUBLIC_URL=nonsense", "AMO_CLIENT_SECRET="}, []string{"SIDECARD_PUBLIC_URL", "AMO_CLIENT_ID"}},
		{"unreachable Redis", nothing, nothing, []string{"REDIS_URL=redis://127.0.0.1:1/0"}, []string{"REDIS_URL"}},
		{"wrong secret", nothing, nothing, []string{"AMO_CLIENT_SECRET=wrong"}, []string{"AMO_CLIENT_SECRET is wrong", "tab Keys"}},
		{"wrong id", nothing, nothing, []string{"AMO_CLIENT_ID=wrong"}, []string{"AMO_CLIENT_ID is wrong", "tab Keys"}},
		{"another address", nothing, nothing, []string{elsewhere},
			[]string{"redirect URI differs", "/oauth/callback in the integration's settings", "can't be reached from here", "former SIDECARD_PUBLIC_URL"}},
		{"somebody else's address", nothing, nothing, []string{"SIDECARD_PUBLIC_URL=" + w.Desk}, []string{"answered by something else"}},
		{"eviction", config("maxmemory-policy", "allkeys-lru"), config("maxmemory-policy", "noeviction"), nil, []string{"maxmemory-policy is allkeys-lru, set it to noeviction"}},
		{"no persistence", config("appendonly", "no"), config("appendonly", "yes"), nil, []string{"appendonly is no, set it to yes", "not survive"}},
		{"lazy persistence", config("appendfsync", "everysec"), config("appendfsync", "always"), nil, []string{"appendfsync is everysec"}},
		{"revoked login", func() { w.Post(w.Amo+"/_sandbox/revoke", map[string]any{}) }, nothing, nil, []string{"log in again"}},
	} {
		c.before()
		out, well := w.doctor(c.env...)
		c.then()
		if well {
			t.Errorf("%s: found well", c.name)
		}
		var bad strings.Builder
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "BAD") {
				bad.WriteString(line)
			}
		}
		for _, want := range c.says {
			if !strings.Contains(bad.String(), want) {
				t.Errorf("%s: not named %q:\n%s", c.name, want, out)
			}
		}
	}
}
