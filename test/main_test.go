//go:build linux

package test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

var artifacts = flag.String("artifacts", "", "folder for logs and screenshots; empty: only of failed tests, under the test's temporary folder")

var long = flag.Bool("long", false, "also what waits for minutes, as make test-long does")

// programs is the folder of alongside and alongside-broker, built for this run
// with the race detector, as $RACEFLAGS says where make runs the tests.
var programs string

func TestMain(m *testing.M) {
	if path := os.Getenv(forgeVariable); path != "" {
		fmt.Print(forge(path))
		return
	}
	if name := filepath.Base(os.Args[0]); name == "systemctl" || name == "systemd-run" {
		os.Exit(playSystemd(name, os.Args[1:]))
	}
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "alongside-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// Other users start these programs, too.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := bed.Build(context.Background(), dir, "", "../cmd/..."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	programs = dir
	return m.Run()
}
