// Package blocks holds the contract between the service and its blocks: what a block gives (Block and the capabilities beside it),
// what it gets (Host), and how the service works with all of them (Set).
//
// It refuses to know any block: the list is in cmd/sidecard, and blocks that need each other are joined there.
//
// Invariants: no two blocks have one name; a block is started before anything of it is mounted, run or visited, and its failed start
// stops the service.
package blocks
