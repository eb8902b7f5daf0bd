//go:build !linux

package agent

import (
	"os"
	"runtime"
)

// machine is the host's name and the system's, as people say it.
func machine() (host, version string) {
	host, _ = os.Hostname()
	return host, map[string]string{"windows": "Windows", "darwin": "macOS"}[runtime.GOOS]
}
