package kit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// saveDelay collects a burst of changes into one write of the state file.
const saveDelay = 200 * time.Millisecond

// State guards everything that a system remembers. T is plain data, so that it can be kept in one JSON file.
type State[T any] struct {
	file string // empty keeps it in memory
	log  *slog.Logger

	mu    sync.RWMutex
	value *T
	dirty chan struct{} // tells the saver that something changed; capacity 1

	saving sync.Mutex // without it an older snapshot could replace a newer one
	failed error      // of the last write; guarded by saving

	stop  chan struct{}
	once  sync.Once
	saver sync.WaitGroup
}

// Load reads a state file. Without one, or without a name, it returns nil. Numbers of no declared type are json.Number.
// A file that can't be read, or is not whole, is an error that names what it should hold.
func Load[T any](file, holds string, whole func(*T) bool) (*T, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state file: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	value := new(T)
	if err := dec.Decode(value); err != nil {
		return nil, fmt.Errorf("read state file %s (move it away to start from the scenario): %w", filepath.Base(file), err)
	}
	if !whole(value) {
		return nil, fmt.Errorf("read state file %s: it holds no %s; move it away to start from the scenario", filepath.Base(file), holds)
	}
	return value, nil
}

// NewState guards a value and writes it to its file a moment after each burst of changes, until Close. What fails there
// is logged; log may be nil.
func NewState[T any](value *T, file string, log *slog.Logger) *State[T] {
	s := &State[T]{file: file, log: log, value: value, dirty: make(chan struct{}, 1), stop: make(chan struct{})}
	if log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if file != "" {
		s.saver.Go(s.run)
	}
	return s
}

// Read runs f under the read lock.
func (s *State[T]) Read(f func(*T)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f(s.value)
}

// Write runs f under the write lock and marks the state as changed.
func (s *State[T]) Write(f func(*T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.value)
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

func (s *State[T]) run() {
	for {
		select {
		case <-s.stop:
			return
		case <-s.dirty:
		}
		select {
		case <-s.stop:
			return
		case <-time.After(saveDelay):
		}
		if err := s.Save(); err != nil {
			s.log.Error("state not saved", "error", err)
		}
	}
}

// Save writes the state before it returns. A system calls it before it hands out what clients keep, so that a killed
// one never forgets a token that a client holds.
func (s *State[T]) Save() error {
	if s.file == "" {
		return nil
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	var raw []byte
	var err error
	s.Read(func(value *T) { raw, err = json.Marshal(value) })
	if err == nil {
		err = replaceFile(s.file, raw)
	}
	if err != nil {
		err = fmt.Errorf("save state: %w", err)
	}
	s.failed = err
	return err
}

// Failed returns the error of the last write of the state file.
func (s *State[T]) Failed() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	return s.failed
}

// Close ends the writing in the background and saves. Further calls only save.
func (s *State[T]) Close() error {
	s.once.Do(func() { close(s.stop) })
	s.saver.Wait()
	return s.Save()
}

// replaceFile writes beside the file, flushes and renames: a kill at any moment leaves the old or the new one whole.
func replaceFile(path string, raw []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	err = errors.Join(err, f.Sync())
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
