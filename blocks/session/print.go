package session

import (
	"crypto/sha256"
	"encoding/hex"
)

// SessionPrint names a session where its id, which opens it, must not stand.
func SessionPrint(id string) string {
	sum := sha256.Sum256([]byte("print:" + id))
	return hex.EncodeToString(sum[:8])
}
