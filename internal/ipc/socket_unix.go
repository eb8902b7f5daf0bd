//go:build unix

package ipc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

func listen(path string) (*net.UnixListener, error) {
	if err := checkDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	addr := &net.UnixAddr{Name: path, Net: "unix"}
	if c, err := net.DialUnix("unix", nil, addr); err == nil {
		_ = c.Close()
		return nil, ErrEndpointInUse
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		// Ours: nobody else can write into this directory.
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("stale socket: %w", err)
		}
	}
	l, err := net.ListenUnix("unix", addr)
	if err != nil {
		return nil, err
	}
	// Anybody may connect: who it is, the system tells, and that decides.
	if err := os.Chmod(path, 0o666); err != nil { //nolint:gosec // see above
		_ = l.Close()
		return nil, fmt.Errorf("socket mode: %w", err)
	}
	return l, nil
}

// checkDir makes the directory, or refuses one that somebody else could have
// prepared.
func checkDir(dir string) error {
	if err := os.Mkdir(dir, 0o711); err == nil { //nolint:gosec // others must reach the socket
		return os.Chmod(dir, 0o711) //nolint:gosec // whatever the umask
	} else if !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("socket directory: %w", err)
	}
	fi, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("socket directory: %w", err)
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok || !fi.IsDir() || int(st.Uid) != os.Geteuid() || fi.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("socket directory %s: want a directory of uid %d, writable by nobody else; remove it", dir, os.Geteuid())
	}
	return nil
}

func dial(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("%w: %s", ErrNoService, path)
	}
	if err != nil {
		return nil, fmt.Errorf("local endpoint: %w", err)
	}
	return c, nil
}
