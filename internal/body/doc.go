// Package body reads the bodies that helpdesks, form builders and people send, whatever their Content-Type and encoding
// are, and bounds what senders can make us hold before anybody knows who they are: bytes of bodies that are under way, and
// values of a JSON text, each of which costs many times its bytes once it is decoded. It knows nothing of what the bodies
// mean.
//
// Invariants: a text that leaves the package is valid UTF-8 without control characters; what can be read in two ways is an
// error; an error names line and column of the text as it came.
package body

import "errors"

const (
	free        = 16 << 10 // of every body: what a helpdesk sends is smaller
	allMost     = 8 << 20  // of what goes beyond that, in all bodies of this process
	addressMost = 4 << 20  // of one address
	// ValuesMost is how many values a JSON text may have. A ticket or a rule has some hundreds.
	ValuesMost = 10_000
)

// ErrFull is a body that could not be read on because too much of others is held. The same request may go through later.
var ErrFull = errors.New("too many large bodies at once")

// Crowded says that a JSON text has more than ValuesMost values: half a million fit into a mebibyte, and take thirty of them
// when decoded. It counts what separates values; other texts than JSON give any answer.
func Crowded[T string | []byte](text T) bool {
	values, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '[' || c == '{'):
			if values++; values > ValuesMost {
				return true
			}
		}
	}
	return false
}
