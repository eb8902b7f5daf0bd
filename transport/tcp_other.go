//go:build !linux

package transport

import "syscall"

// tuneTCP has nothing to tune here.
func tuneTCP(string, string, syscall.RawConn) error { return nil }
