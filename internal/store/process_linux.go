package store

import "syscall"

// childAttributes: the child dies with us at once, whatever ends us (an append-only file synced on every write loses nothing
// by it), and a Ctrl-C in the terminal does not reach it before we have finished.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
