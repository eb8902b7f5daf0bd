package transporttest

import (
	"context"
	"io"
	"testing"

	"github.com/alongside-remote/alongside/transport"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustWrite(t *testing.T, s transport.Stream, text string) {
	t.Helper()
	if n, err := s.Write([]byte(text)); err != nil || n != len(text) {
		t.Fatalf("write: %d, %v", n, err)
	}
}

func expect(t *testing.T, s transport.Stream, text string) {
	t.Helper()
	b := make([]byte, len(text))
	if _, err := io.ReadFull(s, b); err != nil || string(b) != text {
		t.Fatalf("read %q, %v; want %q", b, err, text)
	}
}

func expectSome(t *testing.T, s transport.Stream) {
	t.Helper()
	if _, err := s.Read(make([]byte, 1)); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// say sends text from one end of a stream to the other.
func say(t *testing.T, from, to transport.Stream, text string) {
	t.Helper()
	mustWrite(t, from, text)
	expect(t, to, text)
}

func readAll(t *testing.T, s transport.Stream) string {
	t.Helper()
	b, err := io.ReadAll(s)
	if err != nil {
		t.Fatalf("read to the end: %v", err)
	}
	return string(b)
}

// fill writes until it fails.
func fill(s transport.Stream) error {
	_, err := fillCount(s)
	return err
}

func fillCount(s transport.Stream) (int, error) {
	b := make([]byte, 10_000)
	total := 0
	for {
		n, err := s.Write(b)
		total += n
		if err != nil {
			return total, err
		}
	}
}

// openAll opens streams until it fails.
func openAll(ctx context.Context, l transport.Link) error {
	for {
		if _, err := l.Open(ctx, media); err != nil {
			return err
		}
	}
}

// next waits for one of several calls to end.
func (e ends) next(t *testing.T, c <-chan error) error {
	t.Helper()
	select {
	case err := <-c:
		return err
	case <-e.ctx.Done():
		t.Fatal("still blocked")
		return nil
	}
}

// wait waits for the end of a link.
func (e ends) wait(t *testing.T, l transport.Link) {
	t.Helper()
	select {
	case <-l.Done():
	case <-e.ctx.Done():
		t.Fatal("link does not end")
	}
}
