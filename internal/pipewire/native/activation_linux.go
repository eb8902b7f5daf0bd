package native

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Where things are in a node's activation, which daemon and clients share. The
// first ones have always been there. The versions came with PipeWire 1.2; before,
// their place was zero.
const (
	actStatus        = 0
	actResult        = 8  // of the last cycle
	actPending       = 16 // how many others have to finish before
	actSignalTime    = 32
	actAwakeTime     = 40
	actFinishTime    = 48
	actClientVersion = 540
	actServerVersion = 544
	actActiveDriver  = 548
	actSize          = 560
)

// What a node's status is.
const (
	notTriggered = 0
	triggered    = 1
	awake        = 2
	finished     = 3
	inactive     = 4
)

// Activation says whose turn it is in the cycle of a graph.
//
//	inactive ─start─▶ finished ─driver─▶ not triggered ─last before us─▶ triggered
//	   ▲                 ▲                                                  │ wake
//	   └──────pause──────┴───────────────── done ────────────────────────  awake
//
// Before version 1 nobody looked at another's status, and start is nothing.
type Activation struct {
	*Region
	fd      int // written to wake its node
	version uint32
}

// NewActivation maps one; the event is its own from then on.
func NewActivation(m Memories, id, offset, size uint32, fd int) (*Activation, error) {
	if offset%8 != 0 || size < actSize {
		return nil, fmt.Errorf("%w: an activation of %d bytes at %d", ErrProtocol, size, offset)
	}
	r, err := m.Map(id, offset, size, true)
	if err != nil {
		return nil, err
	}
	a := &Activation{Region: r, fd: fd}
	a.version = atomic.LoadUint32(a.word(actServerVersion))
	return a, nil
}

// Free unmaps it and closes its event.
func (a *Activation) Free() {
	a.Region.Free()
	if a.fd >= 0 {
		_ = unix.Close(a.fd)
		a.fd = -1
	}
}

func (a *Activation) word(at int) *uint32 { return a.atomic32(at) }

func (a *Activation) stamp(at int) {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	atomic.StoreUint64(a.atomic64(at), uint64(t.Nano()))
}

// become changes the status if it is as expected, and says whether it was. Without
// versions it just changes.
func (a *Activation) become(from, to uint32) bool {
	if a.version == 0 {
		atomic.StoreUint32(a.word(actStatus), to)
		return true
	}
	return atomic.CompareAndSwapUint32(a.word(actStatus), from, to)
}

// Trigger tells another node that one before it has finished.
func (a *Activation) Trigger() {
	if int32(atomic.AddUint32(a.word(actPending), ^uint32(0))) != 0 {
		return
	}
	if a.become(notTriggered, triggered) {
		a.stamp(actSignalTime)
		wake(a.fd)
	}
}

// wake and drain use an event.
func wake(fd int) {
	one := make([]byte, 8)
	binary.NativeEndian.PutUint64(one, 1)
	_, _ = unix.Write(fd, one) // full: it is awake anyway
}

func drain(fd int) bool {
	n, err := unix.Read(fd, make([]byte, 8))
	return err == nil && n == 8
}

// join takes a node's own activation into use.
func (a *Activation) join() {
	if a.version > 0 {
		atomic.StoreUint32(a.word(actClientVersion), 1)
	}
}

// follow says which driver counts on the node.
func (a *Activation) follow(driver uint32) {
	if a.version > 0 {
		atomic.StoreUint32(a.word(actActiveDriver), driver)
	}
}

// start makes the node ready to be triggered, stop makes it be left out. The latter
// says whether the others still wait for it.
func (a *Activation) start() {
	if a.version > 0 {
		a.become(inactive, finished)
	}
}

func (a *Activation) stop() bool {
	return a.version > 0 && atomic.SwapUint32(a.word(actStatus), inactive) <= awake
}

// begin and end enclose a cycle; false: it is none of ours.
func (a *Activation) begin() bool {
	if !a.become(triggered, awake) {
		return false
	}
	a.stamp(actAwakeTime)
	return true
}

func (a *Activation) end(result uint32) bool {
	atomic.StoreUint32(a.word(actResult), result)
	a.stamp(actFinishTime)
	return a.become(awake, finished)
}
