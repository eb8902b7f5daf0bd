package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"

	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// reel plays a recording in memory: what the screen showed at a time. It is used
// by one goroutine at a time.
type reel struct {
	s      *Service
	id     string
	index  *Index
	keys   []age.Identity
	canvas *viewer.Canvas

	next    int // number of the segment that is read after this one
	entries *Entries
	ahead   *Entry // read and not yet shown
	shown   int    // updates that were applied
}

func (s *Service) newReel(id string, x *Index, keys []age.Identity) *reel {
	return &reel{s: s, id: id, index: x, keys: keys, canvas: viewer.NewCanvas(CacheBytes), next: 1}
}

func (r *reel) close() { r.canvas.Close() }

// seek goes to the key segment at or before a time.
func (r *reel) seek(at time.Duration) {
	r.canvas.Close()
	r.canvas = viewer.NewCanvas(CacheBytes)
	r.next, r.entries, r.ahead = r.index.KeyBefore(at), nil, nil
}

// play shows everything up to a time. io.EOF says that nothing comes after it.
func (r *reel) play(to time.Duration) error {
	for {
		e, err := r.peek()
		if err != nil {
			return err
		}
		if e.At > to {
			return nil
		}
		r.ahead = nil
		if e.Kind != wire.MediaUpdate {
			continue
		}
		if err := r.canvas.Apply(e.Epoch, e.Payload); err != nil {
			return fmt.Errorf("play: %w", err)
		}
		r.shown++
	}
}

func (r *reel) peek() (*Entry, error) {
	for r.ahead == nil {
		if r.entries == nil {
			if r.next > len(r.index.Segments) {
				return nil, io.EOF
			}
			b, err := r.s.segment(r.id, r.index, r.next, r.keys)
			if err != nil {
				return nil, err
			}
			r.entries = NewEntries(bytes.NewReader(b))
			r.next++
		}
		e, err := r.entries.Next()
		if errors.Is(err, io.EOF) {
			r.entries = nil
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("segment %d: %w", r.next-1, err)
		}
		r.ahead = &e
	}
	return r.ahead, nil
}
