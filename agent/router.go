package agent

import (
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// router carries media between the helper and the viewers' streams. It is the
// gate of frames: shut, no update leaves this machine, whatever the helper
// sends, and what waited is thrown away. After a gap a viewer gets only epochs
// that began later, for an update builds on the ones before it.
type router struct {
	mu      sync.Mutex
	isOpen  bool
	sent    tally // beside the lock
	viewers map[uint32]*viewer
	source  *worker // the helper whose updates pass
	next    *worker // one that is to take over with its first update; nil: none
	took    func()  // called when it has
}

// from lets the updates of one helper pass, and of no other.
func (r *router) from(helper *worker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.source, r.next, r.took = helper, nil, nil
	for _, v := range r.viewers {
		v.state = nil
	}
}

// helper is the one whose updates pass; what viewers send is for it.
func (r *router) helper() *worker {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source
}

// takeOver lets a helper become the source with its first update. Its epochs are
// above those that viewers were shown. Then took is called, from any goroutine.
func (r *router) takeOver(helper *worker, took func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next, r.took = helper, took
}

func (r *router) open() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isOpen = true
}

func (r *router) shut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.isOpen {
		return
	}
	r.isOpen = false
	for _, v := range r.viewers {
		v.stale = v.epoch
	}
}

// fromHelper passes one message of the helper's to its viewer. It never waits:
// the helper has at most as many updates under way as the viewer has room for,
// so a viewer without room is one that gave credit for what it never got.
func (r *router) fromHelper(w *worker, id uint32, packed []byte) {
	h, err := wire.ParseMediaHeader(packed)
	if err != nil {
		return
	}
	if took := r.pass(w, id, h, packed); took != nil {
		took()
	}
}

func (r *router) pass(w *worker, id uint32, h wire.MediaHeader, packed []byte) (took func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.viewers[id]
	if v == nil {
		return nil
	}
	if w == r.next && h.Kind == wire.MediaState {
		v.state = packed
	}
	if w == r.next && h.Kind == wire.MediaUpdate && r.isOpen {
		r.source, r.next, took, r.took = w, nil, r.took, nil
		for _, v := range r.viewers {
			v.stale = v.epoch // what waits is of the screen before
			if v.state != nil {
				v.enqueue(wire.MediaHeader{Kind: wire.MediaState}, v.state)
				v.state = nil
			}
		}
	}
	if w != r.source {
		return nil
	}
	if !r.leaves(v, h.Kind) {
		return took
	}
	if h.Kind == wire.MediaUpdate {
		if !r.isOpen || h.Epoch <= v.stale {
			return took
		}
		v.epoch = max(v.epoch, h.Epoch)
	}
	v.enqueue(h, packed)
	return took
}

// passes is asked by a viewer's writer right before it writes an update.
func (r *router) passes(v *viewer, h wire.MediaHeader) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.leaves(v, h.Kind) && (h.Kind != wire.MediaUpdate || r.isOpen && h.Epoch > v.stale)
}

// gap makes every viewer wait for a new epoch: the helper died.
func (r *router) gap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.viewers {
		v.stale = v.epoch
	}
}

// tellState sends each viewer a state of the service's own making.
func (r *router) tellState(of func(*viewer) *wirepb.ScreenState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.viewers {
		b, err := proto.Marshal(of(v))
		if err != nil {
			continue
		}
		packed := wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaState}, Payload: b})
		h, _ := wire.ParseMediaHeader(packed)
		v.enqueue(h, packed)
	}
}

// add makes a viewer known. False: there are too many.
func (r *router) add(v *viewer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.viewers) >= maxViewers {
		return false
	}
	if r.viewers == nil {
		r.viewers = map[uint32]*viewer{}
	}
	r.viewers[v.id] = v
	return true
}

func (r *router) remove(v *viewer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.viewers[v.id] == v {
		delete(r.viewers, v.id)
	}
}

func (r *router) get(id uint32) *viewer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.viewers[id]
}

func (r *router) all() []*viewer {
	r.mu.Lock()
	defer r.mu.Unlock()
	var vs []*viewer
	for _, v := range r.viewers {
		vs = append(vs, v)
	}
	return vs
}

// resume is what a new helper has to be told of a viewer: the first epoch it
// may use, and the settings that the viewer sent last.
func (r *router) resume(v *viewer) (epoch uint32, view []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return v.epoch + 1, v.view
}
