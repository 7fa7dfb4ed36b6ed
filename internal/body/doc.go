// Package body reads request bodies of helpdesks, form builders and people, whatever their Content-Type and charset are,
// and limits the memory that callers can take before they are authenticated: the bytes of bodies that are being read, and
// the values of a JSON text, each of which costs many times its bytes once it is decoded. It knows nothing of what the
// bodies mean.
//
// Invariants: a text that leaves the package is valid UTF-8 without control characters; what can be read in two ways is an
// error; an error names line and column of the text as it came.
package body
