package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// keeper runs a Redis program and starts it again when it ends without being asked to.
type keeper struct {
	program, dir, socket string
	log                  *slog.Logger
	firstEnd             chan error    // why the first start failed; nobody reads later ends
	stop                 chan struct{} // closed: don't start again
	stopOnce             sync.Once
	done                 chan struct{} // closed: run has returned

	mu      sync.Mutex
	process *os.Process // nil while none runs
}

func newKeeper(program, dir, socket string, log *slog.Logger) *keeper {
	return &keeper{program: program, dir: dir, socket: socket, log: log,
		firstEnd: make(chan error, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// run is the keeper's goroutine. It keeps one OS thread: on Linux the kernel kills the child when the thread that started
// it ends, and Go ends idle threads as it likes.
func (k *keeper) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(k.done)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := k.once()
		select {
		case <-k.stop:
			return
		default:
		}
		select {
		case k.firstEnd <- err:
		default:
		}
		k.log.Error("Redis ended, starting it again", "error", err)
		select {
		case <-k.stop:
			return
		case <-time.After(pause):
		}
	}
}

// once runs the program to its end and returns why it ended.
func (k *keeper) once() error {
	cmd := exec.Command(k.program,
		"--port", "0", "--unixsocket", k.socket, "--unixsocketperm", "700",
		"--dir", k.dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
		"--maxmemory-policy", "noeviction", "--daemonize", "no", "--logfile", "")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TZ=" + os.Getenv("TZ")} // none of our secrets
	cmd.Dir = k.dir
	cmd.SysProcAttr = childAttributes()
	said := &tail{}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	k.mu.Lock()
	select {
	case <-k.stop:
		k.mu.Unlock()
		return nil
	default:
	}
	err = cmd.Start()
	k.process = cmd.Process
	k.mu.Unlock()
	if err != nil {
		return err
	}
	var readers sync.WaitGroup
	readers.Go(func() { said.copy(stdout, func(line string) { k.log.Debug(line, "from", "redis") }) })
	readers.Go(func() { said.copy(stderr, func(line string) { k.log.Warn(line, "from", "redis") }) })
	readers.Wait()
	err = cmd.Wait()
	k.mu.Lock()
	k.process = nil
	k.mu.Unlock()
	return fmt.Errorf("%s ended (%w), its last words: %s", filepath.Base(k.program), orExit(err), said)
}

func orExit(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// ending means that the next end is wanted.
func (k *keeper) ending() { k.stopOnce.Do(func() { close(k.stop) }) }

// end waits until the program is gone: asked, then told, then killed.
func (k *keeper) end() {
	k.ending()
	for _, step := range []os.Signal{os.Interrupt, os.Kill} {
		select {
		case <-k.done:
			return
		case <-time.After(childStop):
		}
		k.signal(step)
	}
	<-k.done
}

func (k *keeper) signal(s os.Signal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.process == nil {
		return
	}
	if err := k.process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		k.log.Warn("Redis not signalled", "signal", s.String(), "error", err)
	}
}

// tail remembers the last lines of a program.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) copy(from io.Reader, log func(line string)) {
	scanner := bufio.NewScanner(from)
	for scanner.Scan() {
		line := strings.TrimSpace(scanner.Text())
		if line == "" {
			continue
		}
		log(line)
		t.mu.Lock()
		t.lines = append(t.lines, line)
		t.lines = t.lines[max(0, len(t.lines)-5):]
		t.mu.Unlock()
	}
	// A line too long for the scanner must not block the program.
	_, _ = io.Copy(io.Discard, from)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, " | ")
}
