//go:build unix

package x11test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
)

func TestNumbersAreHeldUntilFreed(t *testing.T) {
	a, freeA, err := ReserveNumber()
	if err != nil {
		t.Fatal(err)
	}
	b, freeB, err := ReserveNumber()
	if err != nil {
		t.Fatal(err)
	}
	defer freeB()
	if a == b {
		t.Fatalf("both got %d", a)
	}
	freeA()
	freeA()
	c, freeC, err := ReserveNumber()
	if err != nil {
		t.Fatal(err)
	}
	defer freeC()
	if c == b {
		t.Fatalf("%d was given twice", b)
	}
}

// TestServerReturnsOnItsNumber: whoever starts a server while another is down does
// not get its number.
func TestServerReturnsOnItsNumber(t *testing.T) {
	s := Start(t, "64x64x24")
	s.Stop()
	other := Start(t, "64x64x24")
	if other.Display == s.Display {
		t.Fatalf("%s was given twice", s.Display)
	}
	if again := StartAt(t, s.Display, "64x64x24"); again.Display != s.Display {
		t.Errorf("returned as %s, was %s", again.Display, s.Display)
	}
}

// TestNumberIsClearedOfWhatWasKilled: a socket that nobody listens on is removed, and a
// number where somebody does is passed over.
func TestNumberIsClearedOfWhatWasKilled(t *testing.T) {
	n, free, err := ReserveNumber()
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	path := fmt.Sprintf("/tmp/.X11-unix/X%d", n)
	if err := os.MkdirAll("/tmp/.X11-unix", 0o1777); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if vacate(n) {
		t.Error("taken from a server that runs")
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if !vacate(n) {
		t.Error("what was left keeps the number from being used")
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}
