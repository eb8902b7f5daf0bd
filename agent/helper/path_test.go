package helper

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// road is a played path: updates go one after the other at its rate, arrive in
// order, and what is lost holds up everything behind it, as TCP and QUIC do.
type road struct {
	rate  float64 // bytes per second
	trip  time.Duration
	loss  float64
	dice  *rand.Rand
	free  time.Time // when what was sent has gone
	last  time.Time // when the last update arrived
	queue time.Duration
	under []answer // on their way back
}

type answer struct {
	at    time.Time
	seq   uint32
	bytes int
}

const packet = 1200

// send carries an update; queue is how long it waits before it goes.
func (r *road) send(now time.Time, seq uint32, bytes int) {
	if r.free.Before(now) {
		r.free = now
	}
	r.queue = r.free.Sub(now)
	var held time.Duration
	for range (bytes + packet - 1) / packet {
		if r.dice.Float64() < r.loss {
			held = max(held, r.trip+r.trip/4+time.Duration(r.dice.Float64()*0.5*float64(r.trip)))
		}
	}
	r.free = r.free.Add(time.Duration(float64(bytes) / r.rate * float64(time.Second)))
	at := r.free.Add(r.trip/2 + held)
	if at.Before(r.last) {
		at = r.last
	}
	r.last = at
	r.under = append(r.under, answer{at.Add(r.trip / 2), seq, bytes})
}

// drive runs a path on a road for so long. Whenever there is room, load says how
// many bytes an update of at most limit has (0: nothing to send now) and whether
// there is more. seen hears of every update that is shown.
func drive(p *path, r *road, begin time.Time, d time.Duration, load func(now time.Time, limit int) (bytes int, more bool), seen func(now time.Time, a answer)) {
	now, seq := begin, uint32(0)
	for now.Before(begin.Add(d)) {
		next := now.Add(10 * time.Millisecond) // for a load that begins by itself
		for {
			limit, wait := p.room(now)
			if wait > 0 && now.Add(wait).Before(next) {
				next = now.Add(wait)
			}
			if limit == 0 {
				break
			}
			n, more := load(now, limit)
			if n == 0 {
				p.rest()
				break
			}
			seq++
			p.sent(now, 1, seq, n, more)
			r.send(now, seq, n)
		}
		if len(r.under) > 0 && r.under[0].at.Before(next) {
			next = r.under[0].at
		}
		if !next.After(now) {
			next = now.Add(time.Microsecond)
		}
		now = next
		for len(r.under) > 0 && !r.under[0].at.After(now) {
			a := r.under[0]
			r.under = r.under[1:]
			p.shown(now, 1, a.seq)
			seen(now, a)
		}
	}
}

// roads are the thin links of docs/PERFORMANCE.md and others.
var roads = []struct {
	name string
	rate float64 // bits per second
	trip time.Duration
	loss float64
}{
	{"200 kbit/s, 300 ms, 5 %", 200e3, 300 * time.Millisecond, 0.05},
	{"1 Mbit/s, 150 ms, 2 %", 1e6, 150 * time.Millisecond, 0.02},
	{"5 Mbit/s, 80 ms, 1 %", 5e6, 80 * time.Millisecond, 0.01},
	{"20 Mbit/s, 40 ms", 20e6, 40 * time.Millisecond, 0},
	{"1 Mbit/s, 10 ms", 1e6, 10 * time.Millisecond, 0},
	{"1 Gbit/s, 1 ms", 1e9, time.Millisecond, 0},
}

func newRoad(rate float64, trip time.Duration, loss float64, seed uint64) *road {
	return &road{rate: rate / 8, trip: trip, loss: loss, dice: rand.New(rand.NewPCG(seed, 1))}
}

// TestPathKeepsTheQueueShort: a sender that always has more fills the path, and
// what waits on it is little.
func TestPathKeepsTheQueueShort(t *testing.T) {
	for _, c := range roads {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/%d", c.name, seed), func(t *testing.T) {
				r := newRoad(c.rate, c.trip, c.loss, seed)
				p := newPath()
				begin := time.Unix(1000, 0)
				settled := begin.Add(5 * time.Second)
				var worst, worstEarly time.Duration
				var shown int
				drive(&p, r, begin, 65*time.Second, func(now time.Time, limit int) (int, bool) {
					return limit, true
				}, func(now time.Time, a answer) {
					if now.Before(settled) {
						worstEarly = max(worstEarly, r.queue)
						return
					}
					worst = max(worst, r.queue)
					shown += a.bytes
				})
				used := float64(shown) / 60 / (c.rate / 8)
				t.Logf("used %.0f %%, queue %v, in the first 5 s %v; estimate %.0f kbit/s, %v", 100*used, worst, worstEarly, p.best*8/1000, p.roundTrip())
				// A path without loss is filled but for the drains; each loss holds an
				// ordered stream up for more than a round trip.
				least := 0.9
				if c.loss > 0 {
					least = 0.6
				}
				if used < least {
					t.Errorf("used %.0f %% of the path", 100*used)
				}
				if limit := c.trip/2 + queueTime + updateTime; worst > limit {
					t.Errorf("an update waited %v, want at most %v", worst, limit)
				}
				// The first window is all that may be wrong, once.
				guess := time.Duration(float64(firstWindow) / (c.rate / 8) * float64(time.Second))
				if limit := c.trip + queueTime + 2*updateTime + guess; worstEarly > limit {
					t.Errorf("in the beginning an update waited %v, want at most %v", worstEarly, limit)
				}
			})
		}
	}
}

// TestPathLetsSmallUpdatesGo: somebody types; no letter waits for the answer to
// the one before, however long the path.
func TestPathLetsSmallUpdatesGo(t *testing.T) {
	for _, c := range roads {
		t.Run(c.name, func(t *testing.T) {
			r := newRoad(c.rate, c.trip, 0, 1)
			p := newPath()
			begin := time.Unix(1000, 0)
			const every = 50 * time.Millisecond
			due, waits := begin, 0
			drive(&p, r, begin, time.Minute, func(now time.Time, _ int) (int, bool) {
				if now.Before(due) {
					return 0, false
				}
				if now.Sub(due) > 2*pacingGrain+10*time.Millisecond {
					waits++
				}
				due = due.Add(every)
				return 90, false
			}, func(time.Time, answer) {})
			if waits > 0 {
				t.Errorf("%d letters waited", waits)
			}
		})
	}
}

// TestPathFollowsAChange: the path gets a twentieth of its rate, then all of it
// again.
func TestPathFollowsAChange(t *testing.T) {
	r := newRoad(20e6, 40*time.Millisecond, 0, 1)
	p := newPath()
	begin := time.Unix(1000, 0)
	full := func(_ time.Time, limit int) (int, bool) { return limit, true }
	drive(&p, r, begin, 20*time.Second, full, func(time.Time, answer) {})

	r.rate /= 20
	var worst time.Duration
	slow := begin.Add(20 * time.Second)
	p.forget() // drive numbers updates anew
	r.under = nil
	drive(&p, r, slow, 20*time.Second, full, func(now time.Time, _ answer) {
		if now.After(slow.Add(10 * time.Second)) {
			worst = max(worst, r.queue)
		}
	})
	if worst > 200*time.Millisecond {
		t.Errorf("10 s after the path became slow an update waits %v", worst)
	}

	r.rate *= 20
	shown := 0
	again := slow.Add(20 * time.Second)
	p.forget()
	r.under = nil
	drive(&p, r, again, 20*time.Second, full, func(now time.Time, a answer) {
		if now.After(again.Add(10 * time.Second)) {
			shown += a.bytes
		}
	})
	if used := float64(shown) / 10 / r.rate; used < 0.8 {
		t.Errorf("10 s after the path became fast again %.0f %% of it is used", 100*used)
	}
}

// TestPathGrowsFromRest: after a time of letters only, a large change goes out
// without a search for the rate.
func TestPathGrowsFromRest(t *testing.T) {
	r := newRoad(20e6, 40*time.Millisecond, 0, 1)
	p := newPath()
	begin := time.Unix(1000, 0)
	due := begin
	drive(&p, r, begin, time.Minute, func(now time.Time, _ int) (int, bool) {
		if now.Before(due) {
			return 0, false
		}
		due = due.Add(100 * time.Millisecond)
		return 90, false
	}, func(time.Time, answer) {})
	const size = 500_000
	left, took := size, time.Duration(0)
	start := begin.Add(time.Minute)
	p.forget()
	r.under = nil
	got := 0
	drive(&p, r, start, 5*time.Second, func(_ time.Time, limit int) (int, bool) {
		n := min(limit, left)
		left -= n
		return n, left > 0
	}, func(now time.Time, a answer) {
		if got += a.bytes; got >= size && took == 0 {
			took = now.Sub(start)
		}
	})
	// 200 ms is the bytes' own time, 40 ms the path's; four round trips to grow.
	if took == 0 || took > 450*time.Millisecond {
		t.Errorf("half a megabyte took %v", took)
	}
}
