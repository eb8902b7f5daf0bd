package sysvshm

import (
	"bytes"
	"os"
	"testing"
)

func TestDroppedMemoryIsZeroAndUsedAgain(t *testing.T) {
	page := os.Getpagesize()
	s, err := New(4 * page)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Free()
	full := bytes.Repeat([]byte{7}, len(s.Bytes))
	copy(s.Bytes, full)
	if err := s.Drop(2*page + page/2); err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsRune(s.Bytes[:2*page], 7) || !bytes.Equal(s.Bytes[2*page:], full[2*page:]) {
		t.Error("not the two whole pages were given back")
	}
	copy(s.Bytes, full)
	if !bytes.Equal(s.Bytes, full) {
		t.Error("it does not hold what is written to it afterwards")
	}
}
