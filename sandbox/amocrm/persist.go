package amocrm

import (
	"bytes"
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
type saver struct {
	mu   sync.Mutex
	last error // of the last write; shown by the control info and returned by Close
}

// loadWorld reads the state file. No file, or no name, is no world.
func loadWorld(path string) (*World, error) {
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
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	w := &World{}
	if err := dec.Decode(w); err != nil {
		return nil, fmt.Errorf("read state file %s (move it away to start from the scenario): %w", filepath.Base(path), err)
	}
	if len(w.Accounts) == 0 || len(w.SigningKey) == 0 || w.Integrations == nil || w.Codes == nil ||
		w.Refresh == nil || w.Access == nil {
		return nil, fmt.Errorf("read state file %s: it holds no local amoCRM; move it away to start from the scenario", filepath.Base(path))
	}
	w.restoreNumbers()
	return w, nil
}

// restoreNumbers gives free-form values the types they had before they were saved: whole numbers are int64, as the
// API stores them, and not float64, as JSON would have them.
func (w *World) restoreNumbers() {
	for _, a := range w.Accounts {
		for _, c := range a.Companies {
			restoreFields(c.Fields)
		}
		for _, c := range a.Contacts {
			restoreFields(c.Fields)
		}
		for _, l := range a.Leads {
			restoreFields(l.Fields)
		}
		for _, c := range a.Catalogs {
			for _, e := range c.Elements {
				restoreFields(e.Fields)
			}
		}
		for _, n := range a.Notes {
			restoreAny(n.Params)
		}
		for _, e := range a.Events {
			e.After, e.Before = restoreRaw(e.After), restoreRaw(e.Before)
		}
		for _, u := range a.Unsorted {
			u.Metadata = restoreRaw(u.Metadata)
		}
	}
}

// restoreRaw makes the null that an absent value was saved as absent again.
func restoreRaw(m json.RawMessage) json.RawMessage {
	if string(m) == "null" {
		return nil
	}
	return m
}

func restoreFields(fields []FieldValue) {
	for _, f := range fields {
		for _, v := range f.Values {
			restoreAny(v)
		}
	}
}

// restoreAny turns the json.Numbers inside v into int64 or float64, maps and slices in place.
func restoreAny(v any) any {
	switch t := v.(type) {
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return n
		}
		f, err := t.Float64()
		if err != nil {
			return t.String()
		}
		return f
	case map[string]any:
		for k, e := range t {
			t[k] = restoreAny(e)
		}
	case []any:
		for i, e := range t {
			t[i] = restoreAny(e)
		}
	}
	return v
}

// startSaver writes the state file a moment after each burst of changes.
func (s *Server) startSaver() {
	if s.opts.StateFile == "" {
		return
	}
	s.done.Go(func() {
		for {
			select {
			case <-s.stop:
				return
			case <-s.state.dirty:
			}
			select {
			case <-s.stop:
				return
			case <-time.After(saveDelay):
			}
			s.saveNow() //nolint:errcheck // kept in saver.last, shown by the info and returned by Close
		}
	})
}

// saveNow writes the state before it returns. Whoever hands out a token calls it first, so that a killed server
// never forgets a token that a client holds.
func (s *Server) saveNow() error {
	if s.opts.StateFile == "" {
		return nil
	}
	s.saver.mu.Lock()
	defer s.saver.mu.Unlock()
	s.state.mu.RLock()
	raw, err := json.Marshal(s.state.world)
	s.state.mu.RUnlock()
	if err == nil {
		err = replaceFile(s.opts.StateFile, raw)
	}
	if err != nil {
		err = fmt.Errorf("save state: %w", err)
	}
	s.saver.last = err
	return err
}

// lastSaveError is the outcome of the last write of the state file.
func (s *Server) lastSaveError() error {
	s.saver.mu.Lock()
	defer s.saver.mu.Unlock()
	return s.saver.last
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
