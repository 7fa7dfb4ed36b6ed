// Package fake is a strict little amoCRM for tests of the account: it knows the few routes that they need, fails a test by the
// name of any other, and is told beside its state how to answer wrongly, late or not at all.
package fake
