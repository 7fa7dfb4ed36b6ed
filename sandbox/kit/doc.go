// Package kit is what all local systems share: listening by http and https, the control routes under /_sandbox and the
// guard before them, faults, and the state that outlives a restart.
//
// It refuses to know any system. What runs in the background is owned by a State or a Service and has ended when its
// Close returns.
package kit
