package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

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
