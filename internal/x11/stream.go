package x11

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
)

const (
	packetLen    = 32 // every error, reply and event begins with that much
	genericEvent = 35 // the only events with a body

	getInputFocus = 43 // the request

	// heldLimit bounds what is held: some hundred requests.
	heldLimit = 8 << 10

	lastCoreError       = 17
	implementationError = 17

	// replyLimit is larger than a picture of any desktop, 16384 by 8192 pixels.
	// xgb would allocate what the server says, and panic where 32 bits overflow.
	replyLimit = 512 << 20

	// readBuffer takes in one system call what a server sends at a time: its
	// own output buffer is smaller.
	readBuffer = 64 << 10
)

// stream is the connection as xgb sees it: the handshake is replayed, events are
// taken out, foreign errors are made known ones. Reads come from one goroutine.
type stream struct {
	net.Conn
	in     *bufio.Reader
	queue  *queue
	head   []byte // to be given to xgb before anything else
	body   int64  // bytes of a reply that go straight through
	packet [packetLen]byte
	gone   chan struct{}
	once   sync.Once

	mu      sync.Mutex // guards what is for writing
	greeted bool
	holding bool
	held    []byte // written when hold ends
}

func newStream(c net.Conn, answer []byte) *stream {
	return &stream{
		Conn:  c,
		in:    bufio.NewReaderSize(c, readBuffer),
		queue: newQueue(),
		head:  answer,
		gone:  make(chan struct{}),
	}
}

// Write swallows xgb's own introduction, which comes first: ours was answered.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.greeted:
		s.greeted = true
		return len(p), nil
	case !s.holding:
		return s.Conn.Write(p)
	}
	s.held = append(s.held, p...)
	// xgb itself asks for an answer, to learn that its queue of them is empty.
	if p[0] == getInputFocus || len(s.held) >= heldLimit {
		return len(p), s.flush()
	}
	return len(p), nil
}

// hold keeps what is written until release.
func (s *stream) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = true
}

func (s *stream) release() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = false
	return s.flush()
}

// flush writes what is held. The lock is held.
func (s *stream) flush() error {
	if len(s.held) == 0 {
		return nil
	}
	_, err := s.Conn.Write(s.held)
	s.held = s.held[:0]
	return err
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.read(p)
	if err != nil {
		s.once.Do(func() { close(s.gone) })
		s.queue.wake()
	}
	return n, err
}

func (s *stream) read(p []byte) (int, error) {
	for len(s.head) == 0 && s.body == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	n, err := s.in.Read(p[:min(int64(len(p)), s.body)])
	s.body -= int64(n)
	return n, err
}

// next reads one packet. The doorbell rings only when all that had arrived is
// queued, so that whoever wakes finds the whole burst.
func (s *stream) next() error {
	p := s.packet[:]
	if _, err := io.ReadFull(s.in, p); err != nil {
		return err
	}
	switch p[0] {
	case 0:
		if p[1] > lastCoreError {
			p[1] = implementationError
		}
		s.head = p
	case 1:
		s.body = 4 * int64(binary.LittleEndian.Uint32(p[4:]))
		if s.body > replyLimit {
			return fmt.Errorf("reply of %d bytes", s.body)
		}
		s.head = p
	default:
		if p[0]&0x7f == genericEvent {
			if _, err := io.CopyN(io.Discard, s.in, 4*int64(binary.LittleEndian.Uint32(p[4:]))); err != nil {
				return err
			}
		}
		s.queue.push(Event(s.packet))
		if s.in.Buffered() >= packetLen {
			return nil
		}
	}
	s.queue.ring()
	return nil
}
