package recording

import (
	"errors"
	"fmt"
	"image"
	"io"

	"github.com/alongside-remote/alongside/wire"
)

// epochSize is the size of the screen that an update begins an epoch with; zero:
// it begins none. Resize is the first operation of an epoch and stands nowhere
// else.
func epochSize(update []byte) image.Point {
	op, err := wire.NewOpReader(update).Next()
	if err != nil || op == nil || op.Kind != wire.OpResize {
		return image.Point{}
	}
	return image.Pt(int(op.Width), int(op.Height))
}

func larger(a, b image.Point) image.Point { return image.Pt(max(a.X, b.X), max(a.Y, b.Y)) }

// even is what video wants a size to be.
func even(p image.Point) image.Point { return image.Pt((p.X+1)&^1, (p.Y+1)&^1) }

// size is the largest width and height that the screen had; false: the index does
// not say. A recorder that did not write down sizes yet may have begun what another
// one went on with: its key segments have none.
func (x *Index) size() (size image.Point, known bool) {
	for _, s := range x.Segments {
		if s.Key && s.Width == 0 {
			return image.Point{}, false
		}
		size = larger(size, image.Pt(s.Width, s.Height))
	}
	return size, true
}

// size is that of a video of the reel, which stays at its beginning.
func (r *reel) size() (image.Point, error) {
	size, known := r.index.size()
	if !known {
		var err error
		if size, err = r.measure(); err != nil {
			return size, err
		}
	}
	if size.X > wire.MaxCanvas || size.Y > wire.MaxCanvas {
		return size, fmt.Errorf("a screen of %v: %w", size, ErrDamaged)
	}
	return even(size), nil
}

// measure reads the whole recording.
func (r *reel) measure() (size image.Point, err error) {
	defer r.seek(0)
	for {
		e, err := r.peek()
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
		r.ahead = nil
		if e.Kind == wire.MediaUpdate {
			size = larger(size, epochSize(e.Payload))
		}
	}
}
