package crm

import (
	"github.com/sidecard/sidecard/internal/store"
)

// Keys names what is stored of a tenant's account: the value is the tenant's id. All names stand here, so that who removes
// a person or looks for a name finds every one.
type Keys string

func (k Keys) of(parts ...string) string { return store.Key(string(k), parts...) }

// Cache names a read of the CRM.
func (k Keys) Cache(parts ...string) string {
	return k.of(append([]string{"cache"}, parts...)...)
}

// Deal, Feed, Tasks, ContactName and Company name cached reads of one deal, contact or company.
func (k Keys) Deal(id int64) string        { return k.Cache("deal", Decimal(id)) }
func (k Keys) Feed(dealID int64) string    { return k.Cache("feed", Decimal(dealID)) }
func (k Keys) Tasks(dealID int64) string   { return k.Cache("tasks", Decimal(dealID)) }
func (k Keys) ContactName(id int64) string { return k.Cache("name", Decimal(id)) }
func (k Keys) Company(id int64) string     { return k.Cache("company", Decimal(id)) }

// People names the cached first screens of a client; with further parts, one of them.
func (k Keys) People(clientID int64, parts ...string) string {
	return k.Cache(append([]string{"people", Decimal(clientID)}, parts...)...)
}

// Links is the hash from clients to their contacts, Gone a link that was dropped a moment ago, Made what was made for a
// client within a day.
func (k Keys) Links() string              { return k.of("links") }
func (k Keys) Gone(clientID int64) string { return k.of("gone", Decimal(clientID)) }
func (k Keys) Made(clientID int64) string { return k.of("made", Decimal(clientID)) }

// MadeLine is the contact that was made for a phone or e-mail, MadeCompany the company of a name. Keys hold no such values,
// so their fingerprints stand for them.
func (k Keys) MadeLine(fingerprint string) string    { return k.of("made", "line", fingerprint) }
func (k Keys) MadeCompany(fingerprint string) string { return k.of("made", "company", fingerprint) }

// Index is the state of the contact index, IndexLine and IndexContact a part of it, IndexDoubts the contacts that are to be looked at,
// IndexShared the lines of several contacts, IndexUnread the contacts with a phone that can't be read.
func (k Keys) Index() string                     { return k.of("index") }
func (k Keys) IndexLine(bucket string) string    { return k.of("index", "line", bucket) }
func (k Keys) IndexContact(bucket string) string { return k.of("index", "contact", bucket) }
func (k Keys) IndexDoubts() string               { return k.of("index", "doubts") }
func (k Keys) IndexShared() string               { return k.of("index", "shared") }
func (k Keys) IndexUnread() string               { return k.of("index", "unread") }

// Lock names a lock.
func (k Keys) Lock(kind, name string) string { return k.of("lock", kind, name) }

// Own is the writer of an own write of an aspect of a deal ("leads") or contact ("contacts").
func (k Keys) Own(kind string, id int64, aspect string) string {
	return k.of("own", kind, Decimal(id), aspect)
}

// HelpdeskNotes are a deal's notes that were written from the helpdesk, OwnNotes those that were written within a day.
func (k Keys) HelpdeskNotes(dealID int64) string { return k.of("mine", Decimal(dealID)) }
func (k Keys) OwnNotes(dealID int64) string      { return k.of("wrote", Decimal(dealID)) }

// Unconfirmed is the mark of a write whose answer was lost.
func (k Keys) Unconfirmed(fingerprint string) string { return k.of("unsure", fingerprint) }

// Country is the account's, Filter whether it honours filters, Invalidated since when its cached reads are old.
func (k Keys) Country() string     { return k.of("country") }
func (k Keys) Filter() string      { return k.of("filter") }
func (k Keys) Invalidated() string { return k.of("forgotten") }

// Changes lists what has changed, "leads:12" or "leads:12@writer", by time in Unix milliseconds. It is also the name of the
// channel.
func (k Keys) Changes() string { return k.of("changes") }
