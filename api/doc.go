// Package api is the HTTP surface: the server with its limits, headers and log, the endpoints of helpdesk rules, problem+json,
// and the description of what machines call (openapi.yaml).
//
// It refuses to know what a firing becomes (package rules) and what an agent sees (package blocks): handlers bind, ask, map
// and answer. Internal text never leaves; who has no valid key learns only that, and has a bounded share per address.
package api
