package recording

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

func twoEntries() []byte {
	b := appendEntry(nil, 1500*time.Millisecond, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaState}, Payload: []byte{1}})
	return appendEntry(b, 2*time.Second, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: 3, Seq: 4}, Payload: []byte("update")})
}

func TestEntriesOfASegmentThatIsCut(t *testing.T) {
	whole := twoEntries()
	first := stampSize + wire.MediaHeaderSize + 1
	for n := range len(whole) + 1 {
		e := NewEntries(bytes.NewReader(whole[:n]))
		var err error
		got := 0
		for err == nil {
			if _, err = e.Next(); err == nil {
				got++
			}
		}
		between := n == 0 || n == first || n == len(whole)
		if errors.Is(err, io.EOF) != between {
			t.Errorf("cut at %d: %v", n, err)
		}
		if want := map[bool]int{true: 1}[n >= first] + map[bool]int{true: 1}[n == len(whole)]; got != want {
			t.Errorf("cut at %d: %d entries, want %d", n, got, want)
		}
	}
}

func FuzzEntries(f *testing.F) {
	f.Add(twoEntries())
	f.Add([]byte{0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		for e := NewEntries(bytes.NewReader(b)); ; {
			m, err := e.Next()
			if err != nil {
				break
			}
			again = appendEntry(again, m.At, m.Media)
		}
		// Reserved bits of headers are dropped, the rest comes back.
		if len(again) > len(b) {
			t.Errorf("%d bytes out of %d", len(again), len(b))
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"version":1,"segments":[{"from":0,"to":4500,"key":true},{"from":4600,"to":9000}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := parseIndex(b)
		if err != nil {
			return
		}
		if k := x.KeyBefore(time.Second); k < 1 || k > max(1, len(x.Segments)) {
			t.Errorf("key segment %d of %d", k, len(x.Segments))
		}
	})
}
