package usedesk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// saveDelay collects a burst of changes into one write of the state file.
const saveDelay = 200 * time.Millisecond

// saver serialises the writes of the state file: without it an older snapshot could replace a newer one.
type saver struct{ mu sync.Mutex }

// loadWorld reads the state file. No file, or no name, is no world.
func loadWorld(path string) (*world, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state file: %w", err)
	}
	w := &world{}
	if err := json.Unmarshal(raw, w); err != nil {
		return nil, fmt.Errorf("read state file %s (move it away to start from the scenario): %w", filepath.Base(path), err)
	}
	if w.Clients == nil || w.Tickets == nil || len(w.Users) == 0 || w.NextID < firstFreeID {
		return nil, fmt.Errorf("read state file %s: it holds no local Usedesk; move it away to start from the scenario", filepath.Base(path))
	}
	return w, nil
}

// startSaver writes the state file a moment after each burst of changes.
func (s *Server) startSaver() {
	if s.opts.StateFile == "" {
		return
	}
	s.work.Go(func() {
		for {
			select {
			case <-s.stop.Done():
				return
			case <-s.state.dirty:
			}
			select {
			case <-s.stop.Done():
				return
			case <-time.After(saveDelay):
			}
			if err := s.saveNow(); err != nil {
				s.log.Error("state not saved", "error", err)
			}
		}
	})
}

// saveNow writes the state before it returns.
func (s *Server) saveNow() error {
	if s.opts.StateFile == "" {
		return nil
	}
	s.saver.mu.Lock()
	defer s.saver.mu.Unlock()
	var raw []byte
	var err error
	s.read(func(w *world) { raw, err = json.Marshal(w) })
	if err == nil {
		err = replaceFile(s.opts.StateFile, raw)
	}
	if err != nil {
		return fmt.Errorf("save state: %w", err)
	}
	return nil
}

// replaceFile writes beside the file, flushes and renames: a kill at any moment leaves the old or the new one whole.
func replaceFile(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
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
	return nil
}
