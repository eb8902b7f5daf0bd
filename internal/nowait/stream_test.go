package nowait_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/nowait"
)

// pipe is a pipe's two ends as streams.
func pipe(t testing.TB) (in, out *nowait.Stream, r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return stream(t, r), stream(t, w), r, w
}

func stream(t testing.TB, f nowait.File) *nowait.Stream {
	t.Helper()
	s, err := nowait.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tcp is a connection's two ends.
func tcp(t testing.TB) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of loopback
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String()) //nolint:noctx // of loopback
	if err != nil {
		t.Fatal(err)
	}
	d, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Close(), d.Close() })
	return c.(*net.TCPConn), d.(*net.TCPConn)
}

// More than a pipe or a socket holds is written in whole while it is read, and ends
// with io.EOF.
func TestMoreThanFitsArrives(t *testing.T) {
	sent := make([]byte, 8<<20)
	_, _ = rand.Read(sent)
	in, out, _, w := pipe(t)
	a, b := tcp(t)
	for name, c := range map[string]struct {
		from io.Reader
		to   io.Writer
		end  func() error
	}{
		"pipe": {in, out, w.Close},
		"tcp":  {stream(t, b), stream(t, a), a.CloseWrite},
	} {
		t.Run(name, func(t *testing.T) {
			wrote := make(chan error, 1)
			go func() {
				n, err := c.to.Write(sent)
				if n != len(sent) && err == nil {
					err = io.ErrShortWrite
				}
				wrote <- errors.Join(err, c.end())
			}()
			got, err := io.ReadAll(c.from)
			if err != nil || !bytes.Equal(got, sent) {
				t.Errorf("read %d of %d bytes, %v", len(got), len(sent), err)
			}
			if err := <-wrote; err != nil {
				t.Errorf("write: %v", err)
			}
		})
	}
}

// Closing ends a read and a write that wait, with the error that the file's own would
// give.
func TestCloseUnblocks(t *testing.T) {
	in, _, r, _ := pipe(t)
	_, out, _, w := pipe(t)
	a, _ := tcp(t)
	b, _ := tcp(t)
	from, to := stream(t, a), stream(t, b)
	full := make([]byte, 64<<20)
	for name, c := range map[string]struct {
		call func() (int, error)
		end  io.Closer
		want error
	}{
		"read of a pipe":   {func() (int, error) { return in.Read(make([]byte, 1)) }, r, os.ErrClosed},
		"write to a pipe":  {func() (int, error) { return out.Write(full) }, w, os.ErrClosed},
		"read of a socket": {func() (int, error) { return from.Read(make([]byte, 1)) }, a, net.ErrClosed},
		"write to one":     {func() (int, error) { return to.Write(full) }, b, net.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan error, 1)
			go func() {
				_, err := c.call()
				got <- err
			}()
			if err := c.end.Close(); err != nil {
				t.Fatal(err)
			}
			if err := <-got; !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestDeadlineEndsARead(t *testing.T) {
	in, _, r, _ := pipe(t)
	if err := r.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestNobodyReadsAnyMore(t *testing.T) {
	_, out, r, _ := pipe(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := out.Write([]byte("lost")); n != 0 || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("wrote %d bytes, %v", n, err)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	in, out, _, _ := pipe(t)
	b := make([]byte, 64)
	if n := testing.AllocsPerRun(100, func() {
		_, err := out.Write(b)
		if err == nil {
			_, err = in.Read(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a write and a read", n)
	}
}
