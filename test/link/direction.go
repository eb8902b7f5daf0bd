package link

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Conditions are what a link does to packets, in each direction on its own.
// The zero value does nothing to them.
type Conditions struct {
	// Rate is in bits per second of IP packets; 0: as fast as they come.
	Rate int
	// Delay is added in each direction: half of the round trip.
	Delay time.Duration
	// Loss is the probability that a packet is lost on the way.
	Loss float64
	// Queue is how long a packet may wait for its turn; the one that would wait
	// longer is dropped, as at the tail of a router's queue. 0 is DefaultQueue.
	Queue time.Duration
	// Seed makes the losses the same in every run.
	Seed uint64
}

// DefaultQueue is the queue of a link that names none.
const DefaultQueue = 100 * time.Millisecond

// maxHeld bounds the packets that a direction holds, whatever its rate: some
// 12 MB of full packets.
const maxHeld = 8192

// Counters of one direction.
type Counters struct {
	Packets, Bytes int64 // that came in
	Lost           int64 // packets, by chance
	Overflow       int64 // packets, for want of room in the queue
	Filtered       int64 // packets, by Options.Pass or a Cut
	Longest        time.Duration
}

// direction is one way over a link. Packets keep their order, so that a queue does for what
// would otherwise take a heap: each leaves at the later of its own time and its
// predecessor's.
type direction struct {
	c Conditions

	mu     sync.Mutex
	random *rand.Rand
	free   time.Time // when the last bit of what was taken has gone
	held   []held    // oldest first
	count  Counters
	wake   chan struct{} // capacity 1: held is not empty any more
}

type held struct {
	due    time.Time
	packet []byte
}

func newDirection(c Conditions, number uint64) *direction {
	if c.Queue == 0 {
		c.Queue = DefaultQueue
	}
	return &direction{c: c, random: rand.New(rand.NewPCG(c.Seed, number)), wake: make(chan struct{}, 1)}
}

// put takes a packet, which is the direction's then, or drops it.
func (w *direction) put(now time.Time, packet []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.Packets++
	w.count.Bytes += int64(len(packet))
	begin := now
	if w.free.After(now) {
		begin = w.free
	}
	if begin.Sub(now) > w.c.Queue || len(w.held) >= maxHeld {
		w.count.Overflow++
		return
	}
	w.count.Longest = max(w.count.Longest, begin.Sub(now))
	if w.c.Rate > 0 {
		begin = begin.Add(time.Duration(float64(len(packet)) * 8 / float64(w.c.Rate) * float64(time.Second)))
		w.free = begin
	}
	// A packet that is lost has taken its time on the link all the same.
	if w.c.Loss > 0 && w.random.Float64() < w.c.Loss {
		w.count.Lost++
		return
	}
	w.held = append(w.held, held{begin.Add(w.c.Delay), packet})
	if len(w.held) == 1 {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// next gives a packet whose time has come, or how long there is to wait for the
// first; a negative wait: there is none.
func (w *direction) next(now time.Time) (packet []byte, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held) == 0 {
		return nil, -1
	}
	if wait = w.held[0].due.Sub(now); wait > 0 {
		return nil, wait
	}
	packet = w.held[0].packet
	w.held[0] = held{}
	w.held = w.held[1:]
	return packet, 0
}

func (w *direction) counters() Counters {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}
