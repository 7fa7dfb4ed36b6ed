// Package rig starts the whole program for tests and benchmarks: the real binary on free ports, a real redis-server, the
// local amoCRM and Usedesk. It imports nothing of ours and speaks only HTTP.
package rig
