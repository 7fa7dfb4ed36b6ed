// Package i18n is what the service says in several languages: the languages, the choice of a reader's one, the catalogue of
// texts, and dates, ages, numbers and money as a language writes them.
//
// It owns the texts of dates and ages. All others come from the packages that use them, as files of a file system. It refuses to
// know who that is, HTTP and HTML.
//
// Invariants: a catalogue has each source's texts in every language, and each text once; a text without a key or a value
// without a language is shown rather than left out.
package i18n
