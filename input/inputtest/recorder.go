// Package inputtest has what tests of input need: a recording fake, a real X
// desktop that tells what arrived, and the conformance suite for all injectors.
package inputtest

import (
	"fmt"
	"image"
	"slices"
	"sync"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/wire"
)

// Recorder is an Injector that writes down what it is given. The zero value is
// ready. All methods may be called from any goroutine.
type Recorder struct {
	mu      sync.Mutex
	events  []wire.Input
	origin  image.Point
	at      image.Point
	keys    map[uint16]bool
	buttons map[uint8]bool
	text    []byte
	err     error
	closed  bool
}

var _ interface {
	input.Injector
	input.Positioner
} = (*Recorder)(nil)

// Inject implements input.Injector.
func (r *Recorder) Inject(events []wire.Input) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return fmt.Errorf("inject: %w: closed", input.ErrLost)
	case r.err != nil:
		return fmt.Errorf("inject: %w", r.err)
	}
	r.events = append(r.events, events...)
	for i := range events {
		r.follow(&events[i])
	}
	return nil
}

func (r *Recorder) follow(e *wire.Input) {
	switch e.Kind {
	case wire.InputKey:
		r.keys = put(r.keys, e.Code, e.Down)
		if e.Down {
			r.text = append(r.text, e.Text...)
		}
		return
	case wire.InputText:
		r.text = append(r.text, e.Text...)
		return
	case wire.InputReleaseAll:
		r.keys, r.buttons = nil, nil
		return
	case wire.InputButton:
		r.buttons = put(r.buttons, e.Button, e.Down)
	case wire.InputMotion, wire.InputWheel:
	}
	r.at = image.Pt(int(e.X), int(e.Y)).Add(r.origin)
}

func put[K comparable](set map[K]bool, k K, in bool) map[K]bool {
	if !in {
		delete(set, k)
		return set
	}
	if set == nil {
		set = make(map[K]bool)
	}
	set[k] = true
	return set
}

// SetOrigin implements input.Positioner.
func (r *Recorder) SetOrigin(p image.Point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.origin = p
}

// Close implements input.Injector.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.keys, r.buttons = true, nil, nil
	return nil
}

// Fail makes Inject return an error from now on; nil ends that.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// Events returns all events so far.
func (r *Recorder) Events() []wire.Input {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Closed reports whether Close was called.
func (r *Recorder) Closed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// Text implements Desk: the text of all presses, as given.
func (r *Recorder) Text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.text)
}

// Pointer implements Desk.
func (r *Recorder) Pointer() image.Point {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// Down implements Desk.
func (r *Recorder) Down() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.keys) + len(r.buttons)
}
