// Package encode turns frames into updates of the protocol.
//
// A [Canvas] keeps the newest pixels of a desktop and which of them the viewer
// has not seen. Damage accumulates there and frames never queue: whatever is
// sent is the newest there is. [Canvas.Append] builds the payload of one update:
//
//	canvas.go    the newest pixels and what is pending of them
//	view.go      what part of the desktop is shown, and to what kind of viewer
//	damage.go    64x64 tiles: what is dirty, what is only roughly shown
//	move.go      what the system says was moved
//	append.go    one update, in groups of tiles
//	order.go     which tiles go first
//	analysis.go  what kind of picture a tile is
//	fill.go, lossless.go, photo.go, cursor.go   one codec each
//	rate.go      how much at once, and when rough tiles are sent again exactly
//
// The invariant of it all: the viewer's canvas, after the updates appended so
// far and the moves still queued, equals the newest pixels wherever no tile is
// dirty, and is close to them wherever a tile is only lossy.
package encode
