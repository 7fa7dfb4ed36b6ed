package deploy

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sidecard/sidecard/e2e/rig"
)

const imageUser = 65532 // the Dockerfile's USER and the Deployment's runAsUser

// inImage runs the program as the image would: another user, a file system that holds nothing but the program and where
// nothing can be written, no environment but env. Only root may change user and root folder; for others it is their own
// user, in a folder that can't be written.
func inImage(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	root := filepath.Join(filepath.Dir(built), "root")
	if _, err := os.Stat(root); err != nil {
		raw, err := os.ReadFile(program(built))
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			os.Chmod(filepath.Dir(built), 0o755),
			os.Mkdir(root, 0o755),
			os.WriteFile(filepath.Join(root, "sidecard"), raw, 0o555),
			os.Chmod(filepath.Join(root, "sidecard"), 0o555),
			os.Chmod(root, 0o555),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command(filepath.Join(root, "sidecard"), args...)
	cmd.Env, cmd.Dir = env, root
	if os.Geteuid() == 0 {
		cmd.Path, cmd.Dir = "/sidecard", "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: imageUser, Gid: imageUser}}
	}
	return cmd
}

func TestImage_servesAsNobodyWithoutAnythingToWriteTo(t *testing.T) {
	redisURL, _ := rig.StartRedis(t, t.TempDir())
	addr := rig.FreeAddr(t)
	named := make(chan string, 10) // how the program names itself to the helpdesk
	desk := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case named <- r.UserAgent():
		default:
		}
	}))
	t.Cleanup(desk.Close)
	env := []string{
		"SIDECARD_USEDESK_API=" + desk.URL, "SIDECARD_EXTRA_USEDESK_HOSTS=" + strings.TrimPrefix(desk.URL, "http://"),
		"SIDECARD_ADDR=" + addr, "SIDECARD_PUBLIC_URL=http://" + addr, "REDIS_URL=" + redisURL, "SIDECARD_SEAL_KEYS=" + rig.SealKey,
	}
	serve := inImage(t, env, "serve")
	var out bytes.Buffer
	serve.Stdout, serve.Stderr = &out, &out
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	t.Cleanup(func() { _ = serve.Process.Kill() })
	rig.Eventually(t, 30*time.Second, "the program is ready", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, out.String())
		default:
		}
		return rig.Answers("http://" + addr + "/readyz")
	})

	if said, err := inImage(t, env, "doctor", "--ready").CombinedOutput(); err != nil {
		t.Errorf("health check: %v\n%s", err, said)
	}
	// A block needs texts, templates and a session.
	res, err := http.Post("http://"+addr+"/api/", "application/json", strings.NewReader(
		`{"ticket_id":1,"client_id":2,"client_data":{"name":"A"},"amo_base_host":"https://a.amocrm.ru","usedesk_api_token":"token-of-a"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("iframe")) {
		t.Errorf("block: %d %v %s", res.StatusCode, err, body)
	}

	select {
	case got := <-named:
		if want := "Sidecard/" + strings.TrimPrefix(version, "v"); got != want {
			t.Errorf("it names itself %q, want %q", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Error("it has not asked the helpdesk")
	}

	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(15 * time.Second):
		t.Error("it does not stop")
	}
	if bytes.Contains(out.Bytes(), []byte("ERROR")) || bytes.Contains(out.Bytes(), []byte("permission denied")) {
		t.Errorf("it says:\n%s", out.String())
	}
}
