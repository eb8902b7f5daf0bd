//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets this program be the broker of the test as well.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// The load of ten reps on fifty sessions, in small: what they may do, what their
// consoles show and what is left is what the model says. `make bench-together` is the
// whole of it.
func TestL10_O34_RepsShareSessionsAtRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r, err := share(t.Context(), sharing{dir: t.TempDir(), reps: 4, sessions: 6, span: 3 * time.Second, seed: seed, transport: "quic"})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if r.started == 0 || len(r.moves) == 0 {
		t.Fatalf("nothing was done: %v", r)
	}
	t.Log(r)
}
