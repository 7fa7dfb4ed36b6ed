// Package api is the HTTP surface that all blocks share: the server with its limits, headers and log, and the description of what
// machines call (openapi.yaml).
//
// It refuses to know what a block does with a request: blocks mount their own routes. Internal text never leaves, and an address
// that begins or ends logins has a bounded share.
package api
