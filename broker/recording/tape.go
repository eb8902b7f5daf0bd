package recording

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"path"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// What a segment is at most.
const (
	// segmentTime leaves half a second of the five for whoever looks at it.
	segmentTime = 4500 * time.Millisecond
	// segmentBytes bounds what a seek has to decrypt before it sees anything.
	segmentBytes = 4 << 20
	// segmentLeast is how old a segment is before an epoch begins another one.
	segmentLeast = time.Second
)

// tape writes the files of a recording. Its owner locks.
type tape struct {
	s     *Service
	id    string
	index *Index
	sum   []byte // of the index's file

	open    *sealed // the segment that is being written; nil: none
	now     Segment // of it
	painted bool    // it has an update
	last    int64   // time of its last message
	state   []byte  // payload of the last State
	buf     []byte
}

// write adds a message. Begins says that it begins an epoch.
func (p *tape) write(at time.Duration, m wire.Media, begins bool) error {
	if p.open != nil && (p.due(at) || begins && p.age(at) >= segmentLeast) {
		if err := p.close(); err != nil {
			return err
		}
	}
	if p.open == nil {
		if err := p.begin(at); err != nil {
			return err
		}
	}
	switch {
	case m.Kind == wire.MediaState:
		p.state = append(p.state[:0], m.Payload...)
	case begins && !p.painted:
		p.now.Key = true
	}
	if begins {
		size := larger(image.Pt(p.now.Width, p.now.Height), epochSize(m.Payload))
		p.now.Width, p.now.Height = size.X, size.Y
	}
	if m.Kind == wire.MediaUpdate {
		p.painted, p.index.Epoch = true, m.Epoch
	}
	return p.put(at, m)
}

func (p *tape) age(at time.Duration) time.Duration {
	return at - time.Duration(p.now.From)*time.Millisecond
}

// due says that the segment is long enough.
func (p *tape) due(at time.Duration) bool {
	return p.open != nil && (p.age(at) >= segmentTime || p.open.plain >= segmentBytes)
}

// begin begins a segment with the screen's state, so that playing may begin there.
func (p *tape) begin(at time.Duration) error {
	to, err := p.s.recipients(context.Background())
	if err != nil {
		return err
	}
	if p.open, err = p.s.folder.create(p.id, segmentName(len(p.index.Segments)+1), to); err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	p.now, p.painted = Segment{From: at.Milliseconds()}, false
	if p.state == nil {
		return nil
	}
	return p.put(at, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaState}, Payload: p.state})
}

func (p *tape) put(at time.Duration, m wire.Media) error {
	p.last = at.Milliseconds()
	p.buf = appendEntry(p.buf[:0], at, m)
	if _, err := p.open.Write(p.buf); err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	return nil
}

// written says that something of this stream is on the tape.
func (p *tape) written() bool { return p.open != nil }

// close ends the segment, whose end is now, and names it in the index.
func (p *tape) close() error {
	if p.open == nil {
		return nil
	}
	f := p.open
	p.open = nil
	p.now.Plain = f.plain
	var err error
	if p.now.Bytes, p.now.Hash, err = f.commit(); err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	p.now.To = p.last
	p.index.Segments = append(p.index.Segments, p.now)
	if err := p.save(); err != nil {
		// What the index does not name is not there.
		n := len(p.index.Segments)
		p.index.Segments = p.index.Segments[:n-1]
		_ = p.s.folder.root.Remove(path.Join(p.id, segmentName(n)))
		return err
	}
	return nil
}

// drop gives the segment up.
func (p *tape) drop() {
	if p.open != nil {
		p.open.abandon()
		p.open = nil
	}
}

// save replaces the index.
func (p *tape) save() error {
	b, err := json.Marshal(p.index)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	to, err := p.s.recipients(context.Background())
	if err != nil {
		return err
	}
	if _, p.sum, err = p.s.folder.put(p.id, indexFile, b, to); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return nil
}
