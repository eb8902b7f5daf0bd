// Package pipewire reads the pictures of one video node of a PipeWire daemon: what
// desktop portals hand out when a screen is shared. It speaks PipeWire's native
// protocol itself, without cgo.
//
//	native            the protocol, and a node at a daemon
//	format_linux.go   what we can read, and what of it was agreed on
//	buffer_linux.go   a buffer with its damage and cursor
//	stream_linux.go   Open, Take, Close
//
// Everything that comes from the other side, memory that it shrinks included, ends
// in an error of the stream. docs/adr/0045-portals.md says why not libpipewire.
package pipewire

import (
	"image"
	"time"
)

// Picture is what a stream shows, and what is new of it.
type Picture struct {
	Time   time.Time
	Size   image.Point
	Pix    []byte            // B, G, R, X, row after row
	Damage []image.Rectangle // what changed since it was looked at last
	Cursor *Cursor           // nil: nothing new
}

// Cursor is the pointer. Of a new shape Pix is the receiver's to keep.
type Cursor struct {
	Position image.Point // of the hot spot
	Visible  bool
	Shape    bool // Size, Hot and Pix are new
	Size     image.Point
	Hot      image.Point
	Pix      []byte // R, G, B, A, not premultiplied
}
