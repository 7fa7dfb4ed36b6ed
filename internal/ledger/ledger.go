package ledger

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"time"

	"github.com/sidecard/sidecard/internal/store"
)

const keepPending = 8 * 24 * time.Hour // what unfinished writes would make, and what Redis' clock said last

// schema is the form in which jobs are stored. One of a higher form is left to the replicas that know it: never claimed,
// changed or listed here, so that two versions can run side by side.
const schema = 3

var (
	ErrNotFound  = errors.New("no such run")
	ErrFull      = errors.New("too many runs of this account are waiting")
	ErrClaimLost = errors.New("the run belongs to another worker by now")
	// ErrNewer is a job stored by a newer version of the service, which alone may work on it.
	ErrNewer = errors.New("the run was stored by a newer version")
	// ErrConflict is a job that is no longer as it was seen.
	ErrConflict = errors.New("the run has changed meanwhile: look at it again")
	// ErrClaimed means that another job has claimed an object.
	ErrClaimed = errors.New("it belongs to another run")
)

// Ledger keeps the jobs of all tenants in Redis, each tenant's in one slot. Every method is one atomic step (Resume: one per
// 500 jobs); the clock is that of Redis.
type Ledger[P, S, R any] struct {
	*stored[P, S, R]
	Queue[P, S, R]
	Records[P, S, R]
	Writes[P, S, R]
}

// New returns the ledger of a kind in db.
func New[P, S, R any](db *store.DB, kind Kind[P, S]) *Ledger[P, S, R] {
	s := &stored[P, S, R]{kind: kind, db: db, scripts: newScripts(kind.bounds())}
	return &Ledger[P, S, R]{s, Queue[P, S, R]{s}, Records[P, S, R]{s}, Writes[P, S, R]{s}}
}

const idLen = 26

// newID makes an id that sorts roughly by time and can't be guessed.
func newID() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(time.Now().UnixMilli())<<16)
	rand.Read(b[6:]) // never fails: crypto/rand ends the program instead
	return lowerHex32.EncodeToString(b[:])
}

var lowerHex32 = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)
