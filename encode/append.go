package encode

import (
	"image"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/alongside-remote/alongside/wire"
)

// sender is what the sending goroutine has for itself: Append fills it while it
// holds the lock and encodes from it when it does not.
type sender struct {
	epoch  uint32 // of the last payload; guarded by Canvas.mu
	order  order
	split  bool // what was picked leaves before what comes next
	cached []wire.Slot
	fills  []region
	text   []region
	photos []region
	exact  pixels // of text
	op     wire.Op
	rects  []wire.Rect
	filled []wire.Fill
	zstd   *zstd.Encoder
	jpeg   photographer
	scale  int // of rough pictures in this update; 1: there are none
	shrunk bool
	cost   int // bytes that a hundred dirty pixels take
}

// region is a rectangle of the canvas that one codec takes.
type region struct {
	r      image.Rectangle
	colour uint32 // of a fill
}

func (s *sender) init() {
	s.cost = firstCost
	// No CRC: the transport has integrity. Single segment, so that a decoder
	// knows the size before it allocates. The error is about options only.
	s.zstd, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true), zstd.WithZeroFrames(true))
}

// Append appends the payload of one update: what is pending, small changes
// first, with the newest pixels. It goes over limit (at most MaxLimit) by no
// more than one group of tiles. Nothing appended means that nothing is pending;
// more means that another call would append something right now.
func (c *Canvas) Append(dst []byte, limit int) (_ []byte, more bool) {
	limit = min(limit, MaxLimit)
	c.out.jpeg.quality = qualityFor(limit)
	start, painted, refined := len(dst), 0, 0
	now := time.Now()
	for first := true; ; first = false {
		c.lock()
		if c.closed || c.desk.Empty() || c.desk != c.shadow.Rect() || !first && c.epoch != c.out.epoch {
			break
		}
		now = time.Now()
		if first {
			c.out.epoch = c.epoch
			c.stamp++
			c.moved = 0
			c.out.order.fill(c)
			c.out.scale = c.roughness(limit)
		}
		dst = c.appendHead(dst)
		n, from := c.pickDirty(limit), len(dst)
		if n == 0 && refined < refinePixels && painted == refined && !c.anyDirty() {
			// In an update of its own: a thin path takes it only when it is calm.
			n = c.pickLossy(min(groupFor(limit), refinePixels-refined), limit, now)
			refined += n
		}
		if n == 0 {
			break
		}
		c.unlock()
		dst = c.out.append(dst)
		c.out.measure(len(dst) - from)
		if painted += n; len(dst)-start >= limit || painted >= updatePixels || c.out.split {
			c.lock()
			break
		}
	}
	if len(dst) > start {
		now = time.Now() // else nothing was due then, and nothing that is due only now was left out
	}
	more = c.settle(now)
	c.unlock()
	return dst, more
}

// pendingHead tells whether appendHead would append anything.
func (c *Canvas) pendingHead() bool {
	return !c.desk.Empty() && (c.resize || len(c.moves) > 0 || c.cursor.pending(&c.viewer))
}

// appendHead appends what comes before tiles. Moves stand before every group:
// they describe the canvas as it was when they were queued, with all that was
// sent until then.
func (c *Canvas) appendHead(dst []byte) []byte {
	op := &c.out.op
	if c.resize {
		c.resize = false
		*op = wire.Op{Kind: wire.OpResize, Width: uint16(c.view.Dx()), Height: uint16(c.view.Dy())}
		dst = wire.AppendOp(dst, op)
	}
	dst = c.appendStores(dst)
	if len(c.moves) > 0 {
		*op = wire.Op{Kind: wire.OpMove, Copies: c.moves}
		dst = wire.AppendOp(dst, op)
		c.moves = c.moves[:0]
	}
	return c.appendCursor(dst)
}

// pickDirty takes the next dirty tiles, classified and copied, for about limit
// bytes, and marks them sent.
func (c *Canvas) pickDirty(limit int) (pixels int) {
	s := &c.out
	s.reset()
	from := s.order.next
	budget := groupFor(limit)
	if from < len(s.order.tiles) && s.order.tiles[from].group > smallPixels && s.scale > 1 {
		s.shrunk = true
		budget = max(budget, min(limit*100/roughBytes*s.scale*s.scale, updatePixels))
	}
	for ; s.order.next < len(s.order.tiles) && pixels < budget; s.order.next++ {
		o := s.order.tiles[s.order.next]
		if s.split = pixels > 0 && s.order.tiles[from].group <= smallPixels && o.group > smallPixels; s.split {
			break
		}
		pixels += c.tiles[o.index].dirty.area()
	}
	group := s.order.tiles[from:s.order.next]
	sortByPlace(group)
	for _, o := range group {
		t := &c.tiles[o.index]
		if t.dirty.empty() || c.pickCached(o.index) {
			continue
		}
		r := c.place(o.index, t.dirty)
		class, colour := photo, uint32(0)
		if !t.moving() || (c.stamp+uint32(o.index))%movingLook == 0 {
			class, colour = c.classify(r)
		}
		if s.shrunk && class != solid {
			class = photo
		}
		s.add(class, region{r, colour})
		t.painted(t.dirty, class == photo)
		if s.shrunk && class == photo {
			t.rough = rough
		}
	}
	c.collect()
	return pixels
}

// pickLossy takes tiles that have been quiet, to be sent less roughly: letters of
// rough pictures, else photos of rough pictures, else exact photos.
func (c *Canvas) pickLossy(budget, limit int, now time.Time) (pixels int) {
	for _, stage := range [...]uint8{rough, roughPhoto, notRough} {
		if stage == notRough {
			// Pixels of a photo take some bytes each: what comes up meanwhile waits
			// for a tile's worth of them.
			budget = min(budget, max(limit, tileSize*tileSize))
		}
		if pixels = c.pickStage(stage, budget, now); pixels > 0 {
			break
		}
	}
	c.collect()
	return pixels
}

func (c *Canvas) pickStage(stage uint8, budget int, now time.Time) (pixels int) {
	s := &c.out
	s.reset()
	for i := range c.tiles {
		t := &c.tiles[i]
		if t.lossy.empty() || t.rough != stage || now.Sub(t.changed) < t.quiet() {
			continue
		}
		if pixels >= budget {
			break
		}
		if c.pickCached(i) {
			pixels += cachedPixels
			continue
		}
		r := c.place(i, t.lossy)
		class, colour := text, uint32(0)
		if stage != notRough {
			class, colour = c.classify(r)
		}
		if stage == rough && class == photo {
			t.rough = roughPhoto
			continue
		}
		pixels += r.Dx() * r.Dy()
		s.add(class, region{r, colour})
		t.painted(t.lossy, class == photo)
		t.rough = notRough
	}
	return pixels
}

func (c *Canvas) anyDirty() bool {
	for i := range c.tiles {
		if !c.tiles[i].dirty.empty() {
			return true
		}
	}
	return false
}

func (s *sender) reset() {
	s.split, s.shrunk = false, false
	s.cached, s.fills, s.text, s.photos = s.cached[:0], s.fills[:0], s.text[:0], s.photos[:0]
}

func (s *sender) add(k class, g region) {
	switch k {
	case solid:
		s.fills = append(s.fills, g)
	case text:
		s.text = append(s.text, g)
	case photo:
		s.photos = append(s.photos, g)
	}
}

// collect joins neighbours and copies their pixels out of the canvas.
func (c *Canvas) collect() {
	s := &c.out
	s.fills, s.text, s.photos = join(s.fills), join(s.text), join(s.photos)
	c.collectExact(s.text)
	c.collectPhotos(s.photos)
}

// append encodes what was picked.
func (s *sender) append(dst []byte) []byte {
	dst = s.appendCached(dst)
	dst = s.appendFills(dst)
	dst = s.appendLossless(dst)
	return s.appendPhotos(dst)
}
