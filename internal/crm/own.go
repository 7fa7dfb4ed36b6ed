package crm

import (
	"context"
	"time"

	"github.com/sidecard/sidecard/connector/amocrm"
)

const ownFor = 30 * time.Second // how long the CRM may still report an own write

// Aspects of a deal or contact that a write touches. The report of a comment hides no change of stage.
const (
	AspectNote = "note" // a note was added
	AspectData = "data" // anything else
)

// Writes are the writes of an account: none is made twice on purpose, and the CRM's report of one is known as an echo.
type Writes struct{ account *Account }

// Writes returns the writes of the account.
func (a *Account) Writes() Writes { return Writes{a} }

// WrittenBy returns the account for a writer with a name, so that the CRM's report of its writes is known as an echo. Writes
// without a name echo as anybody's.
func (a *Account) WrittenBy(writer string) *Account {
	named := *a
	named.writer = writer
	return &named
}

// Own marks a write of a named writer. It is called before the write is sent where the id is known by then: the CRM may
// report it before it answers. A mark that can't be set costs a page one more read.
func (w Writes) Own(ctx context.Context, kind string, id int64, aspect string) {
	if w.account.writer == "" || id == 0 {
		return
	}
	if err := w.account.DB().Set(ctx, w.account.keys.Own(kind, id, aspect), w.account.writer, ownFor).Err(); err != nil {
		w.account.Log().WarnContext(ctx, "own write not remembered", "error", err)
	}
}

// Authors returns a check of authors: whether an entity that one of them made can be a write of this connection. amoCRM names
// the user who logged in as the author of such a write, or 0, as for a robot (amocrm.md §5.1). Everybody passes while that
// user is not known.
func (w Writes) Authors(ctx context.Context) func(author amocrm.ID) bool {
	meta, err := w.account.Vocabulary(ctx, PartAccount)
	user := meta.Account.CurrentUserID
	return func(author amocrm.ID) bool { return err != nil || user == 0 || author == 0 || author == user }
}
