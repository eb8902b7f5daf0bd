package recording

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// indexVersion is the version of the index and of the segments it names.
const indexVersion = 1

// Kinds of marks.
const (
	MarkConsent = "consent"
	MarkRep     = "rep"
	MarkChat    = "chat"
	MarkGap     = "gap"
	MarkMask    = "mask"
	MarkEnd     = "end"
)

// Index is what is in a recording.
type Index struct {
	Version  int       `json:"version"`
	Session  string    `json:"session"`
	Started  time.Time `json:"started"`
	Epoch    uint32    `json:"epoch"` // the last one
	Segments []Segment `json:"segments"`
	Marks    []Mark    `json:"marks"`
}

// Segment is one file. Its number is its place in the index, from 1.
type Segment struct {
	From  int64  `json:"from"` // milliseconds since the recording began
	To    int64  `json:"to"`
	Plain int64  `json:"plain"` // bytes, decrypted
	Bytes int64  `json:"bytes"` // of the file
	Key   bool   `json:"key"`   // begins with an epoch
	Hash  []byte `json:"hash"`  // SHA-256 of the file

	// Width and Height are the largest of the epochs that begin in it, and zero
	// where none does.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
}

// Mark is an event on the timeline.
type Mark struct {
	At   int64  `json:"at"` // milliseconds since the recording began
	Kind string `json:"kind"`
	Text string `json:"text,omitempty"`

	// Until is where a mask ends, in milliseconds; 0: with the recording.
	Until int64 `json:"until,omitempty"`
}

// maxIndex bounds an index: some days of a session.
const maxIndex = 32 << 20

func newIndex(id wire.SessionID, started time.Time) *Index {
	return &Index{Version: indexVersion, Session: id.String(), Started: started}
}

func parseIndex(b []byte) (*Index, error) {
	x := new(Index)
	if err := json.Unmarshal(b, x); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if x.Version != indexVersion {
		return nil, fmt.Errorf("index of version %d: update the broker", x.Version)
	}
	return x, nil
}

// end is the time of the last segment's end.
func (x *Index) end() int64 {
	if n := len(x.Segments); n > 0 {
		return x.Segments[n-1].To
	}
	return 0
}

func (x *Index) bytes() (n int64) {
	for _, s := range x.Segments {
		n += s.Bytes
	}
	return n
}

// KeyBefore is the number of the segment at which playing has to start to show
// what was at a time.
func (x *Index) KeyBefore(at time.Duration) int {
	found := 1
	for i, s := range x.Segments {
		if s.From > at.Milliseconds() {
			break
		}
		if s.Key {
			found = i + 1
		}
	}
	return found
}
