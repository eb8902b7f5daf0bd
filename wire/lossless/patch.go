package lossless

import "math/bits"

// Sizes of the patches by which the same picture is found again: a letter, and
// a thin letter or the corner of something.
const (
	bigPatch   = 8
	smallPatch = 4
	patchBits  = 14
)

// patches says where in the history the last patch of a hash began. An entry is
// a place and some bits of the hash.
type patches struct {
	big, small [1 << patchBits]uint32

	// Hashes of columns of the row at hand, made when asked for.
	id    uint32 // of the row
	known [HistoryWidth]uint32
	tall  [HistoryWidth]uint32 // bigPatch high
	short [HistoryWidth]uint32 // smallPatch high
}

func (p *patches) reset() { clear(p.big[:]); clear(p.small[:]) }

func (p *patches) row() { p.id++ }

// weights make a patch's hash of those of its columns.
var weights = [bigPatch]uint32{0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1, 0xcc9e2d51, 0x1b873593, 0xe6546b65}

// search looks for the picture that begins at x, remembers this one, and
// returns the source of a run of more than more pixels, or 0.
func (e *Encoder) search(x, more int) (n, v int) {
	p := &e.patches
	if e.y+bigPatch <= e.h0 {
		if n, v = e.look(&p.big, x, more, e.hash(x, bigPatch, &p.tall, bigPatch)); n > 0 {
			// The small one is remembered too: next time the rest may differ.
			_, _ = e.look(&p.small, x, e.w, e.hash(x, smallPatch, &p.short, smallPatch))
			return n, v
		}
	}
	if e.y+smallPatch <= e.h0 {
		return e.look(&p.small, x, more, e.hash(x, smallPatch, &p.short, smallPatch))
	}
	return 0, 0
}

func (e *Encoder) look(table *[1 << patchBits]uint32, x, more int, hash uint32) (n, v int) {
	if hash == 0 {
		return 0, 0
	}
	const placeMask = historySize - 1
	slot := &table[hash>>(32-patchBits)]
	check := hash * 0x2c1b3c6d &^ placeMask
	old, at := *slot, e.at+x
	*slot = check | uint32(at)
	if old&^placeMask != check {
		return 0, 0
	}
	v = int(old&placeMask) - at
	if v == 0 {
		return 0, 0
	}
	return e.match(x, v, more), v
}

// hash is that of the patch that begins at x, 0 where it would go over an edge.
// Patches that begin left of x found less: letters of their own have nothing
// there.
func (e *Encoder) hash(x, size int, columns *[HistoryWidth]uint32, rows int) (h uint32) {
	if x+size > e.w || e.y+rows > e.h0 {
		return 0
	}
	for i := range size {
		e.column(x + i)
		h += columns[x+i] * weights[i]
	}
	h ^= h >> 15
	return h*0x85ebca6b | 1
}

// column hashes the pixels of a column of the row at hand and below it.
func (e *Encoder) column(x int) {
	p := &e.patches
	if p.known[x] == p.id {
		return
	}
	p.known[x] = p.id
	h, at := uint32(0), e.y*e.stride+x
	n := min(bigPatch, e.h0-e.y)
	for i := range n {
		if i == smallPatch {
			p.short[x] = h
		}
		h = bits.RotateLeft32((h+e.img[at])*0x9e3779b1, 13)
		at += e.stride
	}
	p.tall[x] = h
	if n == smallPatch {
		p.short[x] = h
	}
}
