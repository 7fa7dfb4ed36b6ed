package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// Ring seals values with its newest key and opens them with any. It never prints its keys.
type Ring struct {
	keys []ringKey
}

type ringKey struct {
	id     string
	seal   cipher.AEAD
	finger []byte // HMAC key of Fingerprints
}

const (
	sealVersion = "v1"
	keyBytes    = 32
)

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// ErrSealed means that a value can't be opened: cut, altered, moved to another key, or sealed with a key that is gone.
var ErrSealed = errors.New("store: sealed value does not open")

// ParseRing reads "id:base64-of-32-bytes,id2:…", newest key first. Its errors name the entry, never the key.
func ParseRing(spec string) (*Ring, error) {
	ring := &Ring{}
	seen := map[string]bool{}
	for i, entry := range strings.Split(spec, ",") {
		id, encoded, ok := strings.Cut(strings.TrimSpace(entry), ":")
		switch {
		case strings.TrimSpace(entry) == "":
			return nil, fmt.Errorf("seal keys: entry %d is empty; want id:base64-of-32-bytes", i+1)
		case !ok:
			return nil, fmt.Errorf("seal keys: entry %d has no colon; want id:base64-of-32-bytes", i+1)
		case !keyID.MatchString(id):
			return nil, fmt.Errorf("seal keys: entry %d: an id has 1 to 32 letters, digits, - or _", i+1)
		case seen[id]:
			return nil, fmt.Errorf("seal keys: id %q is given twice", id)
		}
		seen[id] = true
		raw, err := decodeKey(encoded)
		if err != nil {
			return nil, fmt.Errorf("seal keys: key %q is not base64", id)
		}
		if len(raw) != keyBytes {
			return nil, fmt.Errorf("seal keys: key %q has %d bytes, want %d", id, len(raw), keyBytes)
		}
		key, err := newRingKey(id, raw)
		if err != nil {
			return nil, fmt.Errorf("seal keys: key %q: %w", id, err)
		}
		ring.keys = append(ring.keys, key)
	}
	return ring, nil
}

// decodeKey takes every usual spelling of base64.
func decodeKey(s string) ([]byte, error) {
	s = strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(strings.TrimSpace(s))
	return base64.RawStdEncoding.DecodeString(s)
}

// NewRing makes a ring of one random key, and the spec that ParseRing reads it back from.
func NewRing() (ring *Ring, spec string) {
	raw, id := make([]byte, keyBytes), make([]byte, 4)
	rand.Read(raw) // never fails: crypto/rand ends the program instead
	rand.Read(id)
	spec = "k" + hex.EncodeToString(id) + ":" + base64.StdEncoding.EncodeToString(raw)
	ring, err := ParseRing(spec)
	if err != nil {
		panic("store: own ring does not parse: " + err.Error()) // impossible: the spec was made two lines above
	}
	return ring, spec
}

func newRingKey(id string, raw []byte) (ringKey, error) {
	sealKey, err := hkdf.Key(sha256.New, raw, nil, "sidecard seal v1", keyBytes)
	if err != nil {
		return ringKey{}, err
	}
	finger, err := hkdf.Key(sha256.New, raw, nil, "sidecard fingerprint v1", keyBytes)
	if err != nil {
		return ringKey{}, err
	}
	block, err := aes.NewCipher(sealKey)
	if err != nil {
		return ringKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return ringKey{id: id, seal: aead, finger: finger}, err
}

// Newest is the id of the key that seals.
func (r *Ring) Newest() string { return r.keys[0].id }

// Seal encrypts plain with the newest key as "v1.keyid.base64". bound, usually the Redis key, must be given again to Open:
// a sealed value copied to another place does not open there.
func (r *Ring) Seal(plain []byte, bound string) string {
	key := r.keys[0]
	head := sealVersion + "." + key.id + "."
	return head + base64.RawURLEncoding.EncodeToString(key.seal.Seal(nil, nil, plain, []byte(head+bound)))
}

// Open decrypts what Seal made with any key of the ring. Errors match ErrSealed.
func (r *Ring) Open(sealed, bound string) ([]byte, error) {
	version, rest, _ := strings.Cut(sealed, ".")
	id, encoded, ok := strings.Cut(rest, ".")
	if !ok || version != sealVersion {
		return nil, fmt.Errorf("%w: not in the form v1.key.value", ErrSealed)
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: not base64", ErrSealed)
	}
	for _, key := range r.keys {
		if key.id != id {
			continue
		}
		plain, err := key.seal.Open(nil, nil, raw, []byte(version+"."+id+"."+bound))
		if err != nil {
			return nil, fmt.Errorf("%w: altered, moved, or another key with the id %q", ErrSealed, id)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("%w: the ring has no key %q", ErrSealed, id)
}

// SealJSON is Seal of a value as JSON.
func (r *Ring) SealJSON(v any, bound string) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return r.Seal(plain, bound), nil
}

// OpenJSON is Open of what SealJSON made.
func (r *Ring) OpenJSON(sealed, bound string, into any) error {
	plain, err := r.Open(sealed, bound)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, into)
}

// Fingerprints turns parts into look-up names that can't be turned back without a ring key: one per key, newest first, so
// that what was stored under an older key is still found. The boundaries between parts count.
func (r *Ring) Fingerprints(parts ...string) []string {
	var message []byte
	for _, part := range parts {
		message = binary.BigEndian.AppendUint64(message, uint64(len(part)))
		message = append(message, part...)
	}
	fingerprints := make([]string, len(r.keys))
	for i, key := range r.keys {
		mac := hmac.New(sha256.New, key.finger)
		mac.Write(message)
		fingerprints[i] = hex.EncodeToString(mac.Sum(nil))
	}
	return fingerprints
}

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
	return ring, Wrap("read "+path, err)
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
