package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/transport"
)

const (
	systemState    = "/var/lib/alongside"
	systemEndpoint = "/run/alongside/service.sock"
	// maxSocketPath is what every system takes as the path of a socket.
	maxSocketPath = 100
)

// bundleDrop is where a bundle may be left for the machine's service: beside the
// policy, where only an administrator can put it.
func bundleDrop() string { return filepath.Join(filepath.Dir(agent.FloorPath), "enroll.bundle") }

// userState is where a user's own device lives.
func userState() (string, error) {
	if d := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "alongside"), nil
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		d, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("state directory: %w; name one with --state", err)
		}
		return filepath.Join(d, "Alongside"), nil
	}
	d, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("state directory: %w; name one with --state", err)
	}
	return filepath.Join(d, ".local", "state", "alongside"), nil
}

// endpointOf is the local endpoint of the service with this state; empty if its
// path would be too long for a socket.
func endpointOf(state string) string {
	if state == systemState {
		return systemEndpoint
	}
	p := filepath.Join(state, "run", "service.sock")
	if len(p) > maxSocketPath {
		return ""
	}
	return p
}

// stateDir is the state that a flag names, or a user's own, as an absolute path.
func stateDir(flag string) (string, error) {
	if flag == "" {
		return userState()
	}
	d, err := filepath.Abs(flag)
	if err != nil {
		return "", fmt.Errorf("state directory: %w", err)
	}
	return d, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// enrollment loads what the device remembers, or says that it is not enrolled.
func enrollment(state string) (*transport.Enrollment, error) {
	e, err := transport.LoadEnrollment(state)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNotEnrolled
	}
	return e, err
}
