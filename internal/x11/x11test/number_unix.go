//go:build unix

package x11test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// Display numbers of test servers are far above those that an X server picks by
// itself, and one is held by a file lock as long as its server may come back on it.
const (
	firstNumber = 1000
	lastNumber  = 1999
)

// ErrNoNumber means that every number is held.
var ErrNoNumber = errors.New("x11test: no display number is free")

// ReserveNumber holds a display number that no other test gets, in this process or
// another, until free is called or the process ends. A server that is down meanwhile
// so finds its number again, and nobody finds somebody else's server on it.
func ReserveNumber() (number int, free func(), err error) {
	for n := firstNumber; n <= lastNumber; n++ {
		f, err := lock(filepath.Join(os.TempDir(), fmt.Sprintf("alongside-display-%d.lock", n)))
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, os.ErrPermission) {
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		if !vacate(n) {
			f.Close()
			continue
		}
		return n, sync.OnceFunc(func() { f.Close() }), nil
	}
	return 0, nil, ErrNoNumber
}

// vacate removes what a server that was killed left of a number that we hold: a server of
// another user could not. False: one still runs there, or it is not ours to remove.
func vacate(n int) bool {
	socket := fmt.Sprintf("/tmp/.X11-unix/X%d", n)
	for _, address := range []string{socket, "@" + socket} {
		if c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: address, Net: "unix"}); err == nil {
			c.Close()
			return false
		}
	}
	for _, path := range []string{socket, fmt.Sprintf("/tmp/.X%d-lock", n)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return false
		}
	}
	return true
}

// lock takes the lock of a file and never waits. Another user's file is opened as it
// is: in a shared folder the system lets nobody create over it.
func lock(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.OpenFile(path, os.O_RDONLY|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
	}
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
