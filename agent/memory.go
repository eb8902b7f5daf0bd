package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of the memory.
const (
	memoryFile = "memory.json"
	// maxSummaries is how many summaries may wait for the broker: months of work
	// without one. The oldest goes first; the gap shows in the chain.
	maxSummaries = 512
	// maxMemory is the largest memory in bytes: a summary is about 600 of them.
	maxMemory = 1 << 20
	// maxDesktops is of how many users a machine remembers that there are files of ours
	// on their desktops. Who came first is forgotten first.
	maxDesktops = 256
)

// memory is what the service remembers over its own end: the broker's policy
// and buttons, and the summaries that the broker has not confirmed. Without a dir it lasts as
// long as the process. It belongs to the loop.
type memory struct {
	dir       string
	elsewhere func([]byte) // keeps it where the process has no folder; nil: nobody does
	kept      struct {
		Policy  *wirepb.SignedPolicy    `json:"policy,omitempty"`
		Buttons *wirepb.SignedButtons   `json:"buttons,omitempty"`
		Last    []byte                  `json:"last,omitempty"` // the newest summary, serialised
		Waiting []*wirepb.SignedSummary `json:"waiting,omitempty"`
		Pinned  *pinned                 `json:"pinned,omitempty"`
		Locked  *locked                 `json:"locked,omitempty"`
		// Desktops are the users on whose desktops there are files of ours.
		Desktops []desktop   `json:"desktops,omitempty"`
		Resume   *resumption `json:"resume,omitempty"`
	}
	seq uint64 // of Last
}

// open reads what was left. What is there and cannot be read is an error: to
// begin anew would forget which policy is the newest.
func (m *memory) open(dir string) error {
	m.dir = dir
	if dir == "" {
		return nil
	}
	b, err := transport.LoadState(dir, memoryFile, maxMemory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, &m.kept)
	}
	last := new(wirepb.SessionSummary)
	if err == nil {
		err = proto.Unmarshal(m.kept.Last, last)
	}
	if err != nil {
		return fmt.Errorf("what the service remembers: %w", err)
	}
	m.seq = last.Seq
	return nil
}

func (m *memory) save() error {
	if m.dir == "" && m.elsewhere == nil {
		return nil
	}
	b, err := json.Marshal(&m.kept)
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	if m.elsewhere != nil {
		m.elsewhere(b)
		return nil
	}
	return transport.SaveState(m.dir, memoryFile, b)
}

func (m *memory) keepPolicy(s *wirepb.SignedPolicy) error {
	m.kept.Policy = s
	return m.save()
}

func (m *memory) keepButtons(s *wirepb.SignedButtons) error {
	m.kept.Buttons = s
	return m.save()
}

// keepPinned remembers what this endpoint was pinned as; nil: it is not any more.
func (m *memory) keepPinned(p *pinned) error {
	before := m.kept.Pinned
	m.kept.Pinned = p
	err := m.save()
	if err != nil {
		m.kept.Pinned = before
	}
	return err
}

// keepResumption remembers a session that is to go on after a restart; nil: there is
// none.
func (m *memory) keepResumption(r *resumption) error {
	before := m.kept.Resume
	m.kept.Resume = r
	err := m.save()
	if err != nil {
		m.kept.Resume = before
	}
	return err
}

// chain adds a summary, whose place in the chain it sets, signed by sign.
func (m *memory) chain(s *wirepb.SessionSummary, sign func([]byte) []byte) error {
	s.Seq, s.Previous = m.seq+1, nil
	if m.seq > 0 {
		s.Previous = hashOf(m.kept.Last)
	}
	b, message, err := wire.SummaryMessage(s)
	if err != nil {
		return err
	}
	m.seq, m.kept.Last = s.Seq, b
	m.kept.Waiting = append(m.kept.Waiting, &wirepb.SignedSummary{Summary: b, Signature: sign(message)})
	if over := len(m.kept.Waiting) - maxSummaries; over > 0 {
		m.kept.Waiting = m.kept.Waiting[over:]
	}
	return m.save()
}

// next is the oldest summary that the broker has not confirmed; nil: none.
func (m *memory) next() *wirepb.SignedSummary {
	if len(m.kept.Waiting) == 0 {
		return nil
	}
	return m.kept.Waiting[0]
}

// confirmed forgets the summaries up to a number.
func (m *memory) confirmed(seq uint64) error {
	n := 0
	for _, w := range m.kept.Waiting {
		s := new(wirepb.SessionSummary)
		if err := proto.Unmarshal(w.Summary, s); err == nil && s.Seq > seq {
			break
		}
		n++
	}
	if n == 0 {
		return nil
	}
	m.kept.Waiting = m.kept.Waiting[n:]
	return m.save()
}
