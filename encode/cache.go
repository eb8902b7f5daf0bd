package encode

import (
	"container/list"
	"crypto/rand"
	"encoding/binary"
	"image"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/alongside-remote/alongside/wire"
)

const (
	// storeAfter is how long a tile must have stood before it is worth a slot
	// when it is replaced: a screen that somebody looked at may come back, the
	// frames of a scroll will not.
	storeAfter = 150 * time.Millisecond
	// cachedPixels is what painting a slot counts in a budget of pixels.
	cachedPixels = 64
)

// key names the content of a tile. It is a hash of 128 bits under a seed that
// nobody else knows, so that no picture can be made to look like another one.
type key = xxh3.Uint128

// cache says which contents the viewer of this epoch keeps, and where. Full, it
// forgets what was longest not used; the viewer only ever hears of slots.
//
//	tile stands ─ damage or a move comes ─▶ Store, then painted over
//	tile is dirty or lossy ─ its newest pixels are kept ─▶ Cached, exact
type cache struct {
	seed  uint64
	slots int // how many there may be; 0: the viewer keeps nothing
	used  map[key]*list.Element
	order *list.List // of *kept, the last used first
	tile  []byte     // scratch
}

type kept struct {
	key  key
	slot uint16
}

func newCache() cache {
	var seed [8]byte
	_, _ = rand.Read(seed[:]) // never fails
	return cache{seed: binary.LittleEndian.Uint64(seed[:]), used: map[key]*list.Element{}, order: list.New()}
}

func (k *cache) reset(slots int) {
	k.slots = slots
	clear(k.used)
	k.order.Init()
}

// find tells where a content is kept.
func (k *cache) find(c key) (slot uint16, ok bool) {
	e := k.used[c]
	if e == nil {
		return 0, false
	}
	k.order.MoveToFront(e)
	return e.Value.(*kept).slot, true
}

// add gives a content that is not kept the next free slot, or the one that was
// longest not used.
func (k *cache) add(c key) (slot uint16) {
	e := k.order.Back()
	if len(k.used) < k.slots {
		e = k.order.PushFront(&kept{slot: uint16(len(k.used))})
	} else {
		delete(k.used, e.Value.(*kept).key)
		k.order.MoveToFront(e)
	}
	v := e.Value.(*kept)
	v.key = c
	k.used[c] = e
	return v.slot
}

// keyOf is the key of the newest pixels of tile i.
func (c *Canvas) keyOf(i int) key {
	t := &c.tiles[i]
	if t.known {
		return t.key
	}
	r := c.place(i, c.whole(i))
	k := &c.cache
	k.tile = k.tile[:0]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		k.tile = appendColours(k.tile, c.line(y, r.Min.X, r.Max.X))
	}
	// Two shapes of the same bytes are two contents.
	t.key, t.known = xxh3.Hash128Seed(k.tile, k.seed+uint64(r.Dx())), true
	return t.key
}

// appendColours appends B, G, R, 0 of a row: X may be anything.
func appendColours(dst, row []byte) []byte {
	const two = colourMask<<32 | colourMask
	le := binary.LittleEndian
	for ; len(row) >= 8; row = row[8:] {
		dst = le.AppendUint64(dst, le.Uint64(row)&two)
	}
	for ; len(row) >= 4; row = row[4:] {
		dst = le.AppendUint32(dst, pixel(row))
	}
	return dst
}

// retire is called before the newest pixels of r change: tiles that stood there
// exactly for a while go into slots. What is dirty, lossy or has a queued move
// on it the viewer does not show yet.
func (c *Canvas) retire(r image.Rectangle, now time.Time) {
	if c.cache.slots == 0 || c.resize {
		return
	}
	c.eachTile(r, func(i int, _ box) {
		t := &c.tiles[i]
		if !t.exact() || t.moved == c.stamp || now.Sub(t.changed) < storeAfter {
			return
		}
		at := c.place(i, c.whole(i))
		if c.isSolid(at, pixel(c.line(at.Min.Y, at.Min.X, at.Max.X))) {
			return // a fill costs as little
		}
		k := c.keyOf(i)
		if _, ok := c.cache.find(k); !ok {
			c.stores = append(c.stores, wire.Slot{Slot: c.cache.add(k), Rect: wireRect(at)})
		}
	})
}

// pickCached takes tile i from the viewer's cache, if it is there.
func (c *Canvas) pickCached(i int) bool {
	t := &c.tiles[i]
	if len(c.cache.used) == 0 || !t.lossy.empty() && !t.dirty.empty() && t.every < storeAfter {
		return false // nothing there, or a video
	}
	slot, ok := c.cache.find(c.keyOf(i))
	if !ok {
		return false
	}
	c.out.cached = append(c.out.cached, wire.Slot{Slot: slot, Rect: wireRect(c.place(i, c.whole(i)))})
	t.dirty, t.lossy = box{}, box{}
	return true
}

func (c *Canvas) appendStores(dst []byte) []byte {
	dst = c.out.appendSlots(dst, wire.OpStore, c.stores)
	c.stores = c.stores[:0]
	return dst
}

func (s *sender) appendCached(dst []byte) []byte { return s.appendSlots(dst, wire.OpCached, s.cached) }

func (s *sender) appendSlots(dst []byte, k wire.OpKind, slots []wire.Slot) []byte {
	for len(slots) > 0 {
		n := min(len(slots), wire.MaxRects)
		s.op = wire.Op{Kind: k, Slots: slots[:n]}
		dst = wire.AppendOp(dst, &s.op)
		slots = slots[n:]
	}
	return dst
}
