//go:build unix

package main

import "syscall"

// apart gives a process a session of its own: no terminal's end is its end.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
