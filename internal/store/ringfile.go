package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// LoadOrCreateRing reads the ring kept in path, or makes one and keeps it there, readable by the owner only. Two processes
// that come at once end with the same ring. Losing the file makes everything sealed with it unreadable.
func LoadOrCreateRing(path string) (*Ring, error) {
	ring, err := loadRing(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if err := createRing(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("keep seal keys in %s: %w", path, err)
	}
	return loadRing(path)
}

func loadRing(path string) (*Ring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read seal keys: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, fmt.Errorf("seal keys in %s are open to others and stay so: %w", path, err)
		}
	}
	spec, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read seal keys: %w", err)
	}
	ring, err := ParseRing(strings.TrimSpace(string(spec)))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return ring, nil
}

// createRing writes the whole file under another name and links it into place, so that nobody reads a half.
func createRing(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".seal-*") // 0600 by CreateTemp
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, spec := NewRing()
	_, err = file.WriteString(spec + "\n")
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Link(file.Name(), path)
}
