package pipewire

import (
	"errors"
	"fmt"
	"image"
	"os"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/internal/pipewire/native"
)

// pixelsLimit bounds a picture: 16384×16384.
const pixelsLimit = sideLimit * sideLimit

// Target is the node whose pictures are wanted.
type Target struct {
	Remote *os.File // a connection, as a portal opens it; nil: the daemon of the session
	Node   uint32
	// News gets a value, if it has room, when there is something to Take, and when the
	// stream has ended.
	News chan<- struct{}
}

// Stream reads the pictures of a node, as they come, into a picture of its own: who
// looks late sees the newest and all that changed until then. Its methods may be
// called from any goroutine.
type Stream struct {
	node *native.Node
	news chan<- struct{}
	told chan struct{} // closed when the end was told

	mu     sync.Mutex
	format format
	pic    Picture

	// The node's.
	buffers map[uint32][]*native.Buffer
}

// Open begins to read. That there is no such node, or that nothing can be agreed on
// with it, is the end of the stream.
func Open(t Target) (*Stream, error) {
	var c *native.Conn
	var err error
	if t.Remote != nil {
		c, err = native.Adopt(t.Remote)
	} else {
		c, err = native.Dial()
	}
	if err != nil {
		return nil, err
	}
	s := &Stream{news: t.News, told: make(chan struct{}), buffers: map[uint32][]*native.Buffer{}}
	s.node, err = native.Start(c, native.Config{
		Properties: [][2]string{
			{"node.name", "alongside"},
			{"media.name", "Alongside"},
			{"media.type", "Video"},
			{"media.category", "Capture"},
			{"media.role", "Screen"},
			{"media.class", "Stream/Input/Video"},
			{"node.autoconnect", "true"},
			{"node.dont-reconnect", "true"},
			{"node.want-driver", "true"},
			{"object.register", "false"},
		},
		Params: [][]byte{offered()}, Role: s, Target: t.Node,
	})
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(s.told)
		<-s.node.Done()
		s.tell()
	}()
	return s, nil
}

// Take gives what is new to f, which must not keep it, and says why there will be
// no more once the stream has ended.
func (s *Stream) Take(f func(*Picture)) error {
	select {
	case <-s.node.Done():
		return s.node.Err()
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pic.Damage) == 0 && s.pic.Cursor == nil {
		return nil
	}
	f(&s.pic)
	s.pic.Damage, s.pic.Cursor = s.pic.Damage[:0], nil
	return nil
}

// Look gives the whole picture to f, which must not keep it, and leaves to Take what
// is new of it.
func (s *Stream) Look(f func(*Picture)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.pic)
}

// Close ends the stream and waits for that.
func (s *Stream) Close() {
	s.node.Close()
	<-s.told
	for link := range s.buffers {
		s.drop(link)
	}
}

func (s *Stream) tell() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// Placed implements native.Role.
func (s *Stream) Placed(uint32) {}

// Format implements native.Role.
func (s *Stream) Format(value *native.Pod) ([][]byte, error) {
	for link := range s.buffers {
		s.drop(link)
	}
	params := [][]byte{offered()}
	if value == nil {
		s.use(format{})
		return params, nil
	}
	f, err := parseFormat(*value)
	if err != nil {
		return nil, err
	}
	if f.width*f.height > pixelsLimit {
		return nil, fmt.Errorf("%w: a picture of %d×%d", native.ErrRefused, f.width, f.height)
	}
	s.use(f)
	return append(append(params, value.Packed(native.ParamFormat)), wanted()...), nil
}

func (s *Stream) use(f format) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.format = f
}

// Buffers implements native.Role.
func (s *Stream) Buffers(link, count uint32, list *native.Parser, m native.Memories) error {
	s.drop(link)
	if count > buffersLimit || len(s.buffers) >= native.LinksLimit {
		return fmt.Errorf("%w: %d buffers, after those of %d links", native.ErrProtocol, count, len(s.buffers))
	}
	for range count {
		b, err := native.ParseBuffer(list, m, false)
		if err != nil {
			return err
		}
		s.buffers[link] = append(s.buffers[link], b)
	}
	return nil
}

func (s *Stream) drop(link uint32) {
	for _, b := range s.buffers[link] {
		b.Free()
	}
	delete(s.buffers, link)
}

// Cycle implements native.Role: it takes the picture that is there and gives its
// buffer back.
func (s *Stream) Cycle(links map[uint32]*native.Exchange) (uint32, error) {
	var err error
	for link, x := range links {
		status, id := x.Get()
		if status == native.HaveData && uint64(id) < uint64(len(s.buffers[link])) {
			err = errors.Join(err, s.land(s.buffers[link][id]))
			x.Set(native.NeedData, id)
		} else if status != native.NeedData {
			x.Set(native.NeedData, native.InvalidID)
		}
	}
	return native.NeedData, err
}

// land copies what changed.
func (s *Stream) land(b *native.Buffer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := image.Pt(s.format.width, s.format.height)
	if size == (image.Point{}) {
		return nil
	}
	pix, stride, err := rows(b, size)
	if err != nil {
		return err
	}
	p := &s.pic
	if c := cursor(b); c != nil {
		p.Cursor = merged(p.Cursor, c)
	}
	if pix != nil {
		p.Time = time.Now()
		var fresh []image.Rectangle
		if p.Size != size {
			p.Size, p.Pix, p.Damage = size, make([]byte, size.X*size.Y*4), p.Damage[:0]
			fresh = []image.Rectangle{{Max: size}}
		} else {
			fresh = damage(b, size)
		}
		for _, r := range fresh {
			copyRect(p.Pix, pix, r, size.X*4, stride, orders[s.format.pixels].r == 0)
			p.Damage = grown(p.Damage, r)
		}
	}
	s.tell()
	return nil
}

// merged keeps a shape that nobody has seen yet.
func merged(old, c *Cursor) *Cursor {
	if old != nil && old.Shape && !c.Shape {
		c.Shape, c.Size, c.Hot, c.Pix = true, old.Size, old.Hot, old.Pix
	}
	return c
}

// grown adds a rectangle; of too many it makes one.
func grown(all []image.Rectangle, r image.Rectangle) []image.Rectangle {
	for _, old := range all {
		if r.In(old) {
			return all
		}
	}
	if len(all) < 2*damageLimit {
		return append(all, r)
	}
	for _, old := range all {
		r = r.Union(old)
	}
	return append(all[:0], r)
}

// copyRect brings a rectangle over, red and blue exchanged if asked.
func copyRect(to, from []byte, r image.Rectangle, toStride, fromStride int, swap bool) {
	n := r.Dx() * 4
	for y := r.Min.Y; y < r.Max.Y; y++ {
		a, b := to[y*toStride+r.Min.X*4:][:n], from[y*fromStride+r.Min.X*4:][:n]
		if !swap {
			copy(a, b)
			continue
		}
		for i := 0; i+3 < n; i += 4 {
			a[i], a[i+1], a[i+2], a[i+3] = b[i+2], b[i+1], b[i], b[i+3]
		}
	}
}
