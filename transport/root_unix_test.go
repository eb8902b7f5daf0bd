//go:build unix

package transport_test

import (
	"os"
	"testing"
)

// needRoot skips, with a name to look for in the output, a test that only root
// can do. What it proves is also proved without root, by other means, where that
// is possible.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT: not proved in this run")
	}
}
