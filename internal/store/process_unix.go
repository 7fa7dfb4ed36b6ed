//go:build unix && !linux

package store

import "syscall"

// childAttributes keeps a Ctrl-C in the terminal from the child. A child that outlives us is adopted by the next start.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
