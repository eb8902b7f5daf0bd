package x11

import (
	"encoding/binary"
	"image"
	"sync"
)

// queueLimit is how many events wait for a slow reader: some seconds of a busy
// screen, 128 KiB. Beyond it they are dropped and the reader is told.
const queueLimit = 4096

// Event is the first 32 bytes of an event as the server sent it.
type Event [packetLen]byte

// Code is the number of the event, without the mark of synthetic ones.
func (e *Event) Code() byte { return e[0] & 0x7f }

// Generic returns the extension and number of a generic event (code 35).
func (e *Event) Generic() (major byte, number uint16, ok bool) {
	return e[1], binary.LittleEndian.Uint16(e[8:]), e.Code() == genericEvent
}

// Rect reads the x, y, width, height at an offset.
func (e *Event) Rect(at int) image.Rectangle {
	x, y := int(int16(binary.LittleEndian.Uint16(e[at:]))), int(int16(binary.LittleEndian.Uint16(e[at+2:])))
	w, h := int(binary.LittleEndian.Uint16(e[at+4:])), int(binary.LittleEndian.Uint16(e[at+6:]))
	return image.Rect(x, y, x+w, y+h)
}

// queue holds events between the reading goroutine and the owner.
type queue struct {
	mu   sync.Mutex
	all  []Event
	lost bool
	news bool // pushed since the last ring
	bell chan struct{}
}

func newQueue() *queue { return &queue{bell: make(chan struct{}, 1)} }

func (q *queue) push(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.news = true
	if len(q.all) >= queueLimit {
		q.lost = true
		return
	}
	q.all = append(q.all, e)
}

// ring wakes the owner if there is something to see: events or the end.
func (q *queue) ring() {
	q.mu.Lock()
	news := q.news
	q.news = false
	q.mu.Unlock()
	if news {
		q.wake()
	}
}

func (q *queue) wake() {
	select {
	case q.bell <- struct{}{}:
	default:
	}
}

func (q *queue) take(dst []Event) ([]Event, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	dst = append(dst, q.all...)
	lost := q.lost
	q.all, q.lost = q.all[:0], false
	return dst, lost
}
