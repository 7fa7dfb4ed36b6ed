package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	childStart = 60 * time.Second       // a long append-only file takes its time to load
	childProbe = 300 * time.Millisecond // for one PING
	childPoll  = 10 * time.Millisecond
	childStop  = 5 * time.Second
)

// startChild makes the Redis in dir ours, or joins the one of another live process. A lock on dir/redis.lock, which ends with
// its holder, says whose it is: only the owner starts it and shuts it down.
func (db *DB) startChild(ctx context.Context, program, dir string) error {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	socket, err := socketPath(dir)
	if err != nil {
		return err
	}
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, ContextTimeoutEnabled: true, MaintNotificationsConfig: quiet()})
	client.AddHook(around(yielding))
	client.AddHook(around(sorted))
	owner, free, err := lockFile(filepath.Join(dir, "redis.lock"))
	if err != nil {
		return errors.Join(fmt.Errorf("lock the data folder: %w", err), client.Close())
	}
	db.UniversalClient, db.mode = client, modeChild
	if !owner {
		db.log.Info("joining the Redis of another process", "folder", dir)
		if err := awaitPong(ctx, socket, nil); err != nil {
			return errors.Join(fmt.Errorf("join the Redis in the data folder: %w", err), client.Close())
		}
		db.stop = func() error { return nil }
		return nil
	}
	if db.stop, err = db.own(ctx, program, dir, socket); err != nil {
		return errors.Join(err, free(), client.Close())
	}
	stop := db.stop
	db.stop = func() error { return errors.Join(stop(), free()) }
	return nil
}

// own adopts the Redis that a dead owner left on socket, or starts one. stop shuts it down.
func (db *DB) own(ctx context.Context, program, dir, socket string) (stop func() error, err error) {
	if pong(ctx, socket) == nil {
		db.log.Info("adopting the Redis that an earlier process left", "folder", dir)
		return func() error { return shutdown(socket) }, nil
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove a dead socket: %w", err)
	}
	k := newKeeper(program, dir, socket, db.log)
	go k.run()
	if err := awaitPong(ctx, socket, k.firstEnd); err != nil {
		k.end()
		return nil, fmt.Errorf("start %s: %w", filepath.Base(program), err)
	}
	return func() error {
		k.ending()
		err := shutdown(socket)
		k.end()
		return err
	}, nil
}

// awaitPong waits until Redis on socket has loaded its data. ended, when not nil, tells that it won't.
func awaitPong(ctx context.Context, socket string, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, childStart)
	defer cancel()
	for {
		err := pong(ctx, socket)
		if err == nil {
			return nil
		}
		select {
		case reason := <-ended:
			return reason
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(childPoll):
		}
	}
}

// pong asks in plain words: at the start a refused socket is the usual answer, not worth a client's retries and log lines.
func pong(ctx context.Context, socket string) error {
	ctx, cancel := context.WithTimeout(ctx, childProbe)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer := make([]byte, 128)
	n, err := conn.Read(answer)
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(answer[:n])); got != "+PONG" {
		return fmt.Errorf("redis answers %q", got) // -LOADING: the file is still being read
	}
	return nil
}

// shutdown asks Redis to write its file and go.
func shutdown(socket string) error {
	ctx, cancel := context.WithTimeout(context.Background(), childStop)
	defer cancel()
	client := redis.NewClient(&redis.Options{
		Network: "unix", Addr: socket, MaxRetries: -1, ContextTimeoutEnabled: true, MaintNotificationsConfig: quiet(),
	})
	defer client.Close()
	// A Redis that obeys cuts the line instead of answering; only an answer is a refusal.
	if err := client.ShutdownNoSave(ctx).Err(); isAnswer(err) {
		return fmt.Errorf("shut Redis down: %w", err)
	}
	return nil
}

// maxSocket is what fits into a socket address on every Unix (104 bytes on the BSDs, with the ending zero).
const maxSocket = 103

// socketPath is dir/redis.sock, or, when that is too long, a short path in the temporary folder that depends on dir only, so
// that the next process finds the same one.
func socketPath(dir string) (string, error) {
	path := filepath.Join(dir, "redis.sock")
	if len(path) <= maxSocket {
		return path, nil
	}
	sum := sha256.Sum256([]byte(dir))
	for _, temp := range []string{os.TempDir(), "/tmp"} {
		short := filepath.Join(temp, fmt.Sprintf("sidecard-%d-%s", os.Getuid(), hex.EncodeToString(sum[:6])))
		path = filepath.Join(short, "redis.sock")
		if len(path) > maxSocket {
			continue
		}
		return path, privateFolder(short)
	}
	return "", fmt.Errorf("the data folder's path is too long for a socket, and so is the temporary folder's")
}

// privateFolder makes path, or checks that it is a folder that only we can enter: the temporary folder is everybody's.
func privateFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make the socket's folder: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at the socket's folder: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !ownedByUs(info) {
		return fmt.Errorf("the socket's folder %s belongs to somebody else", path)
	}
	return nil
}
