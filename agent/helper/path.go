package helper

import (
	"time"

	"github.com/alongside-remote/alongside/encode"
)

// What may be under way to a viewer. The queue that this keeps on the path is
// the one that the next change waits behind, so it is short on purpose.
const (
	// maxUnder is how many updates may be under way (the protocol's limit). On a
	// short path few are: leastCount, and one more for every countTime of the round
	// trip, a hundred a second; a viewer that is slow shall not find more.
	maxUnder   = 32
	leastCount = 3
	countTime  = 10 * time.Millisecond
	// firstCount is how many there may be before the first answer.
	firstCount = 8
	// queueTime is how much may wait on the path beyond what fills it, so that it
	// never runs dry between two answers.
	queueTime = 50 * time.Millisecond
	// updateTime is how long one update should take on its path, so that input
	// and newer pixels never wait long behind it.
	updateTime = 50 * time.Millisecond
	// minUpdate is the least limit of an update in bytes, however slow the path:
	// below it headers outweigh pixels.
	minUpdate = 2 << 10

	// leastUnder may always be under way, and leastRefine where nothing is new: TCP
	// and QUIC send no faster than they are fed, and learn that a path carries more
	// only while they have more to send. Less than seven packets starves them.
	leastUnder  = 9 << 10
	leastRefine = 6 << 10

	// firstWindow may be under way before anything is known of the path: less
	// than what TCP and QUIC would send at once, for it may be 200 kbit/s.
	firstWindow = 16 << 10
	// nearWindow is the same where the round trip is at most nearTime: hardly
	// anything so near is thin.
	nearWindow = 128 << 10
	nearTime   = 8 * time.Millisecond
	// nearWait is how long a second update waits for the first answer: on a near
	// path that tells more than any guess. The first answer may take all of it on
	// a near path, too: a viewer sets up what it needs meanwhile.
	nearWait = 20 * time.Millisecond
	// coldTrips is how many answers may be as slow and the path still be near.
	coldTrips = 4
	// guessRate is the pace after that until the answer comes, in bytes per
	// second: hardly more than the thinnest path worth having.
	guessRate = 32 << 10

	// growGain doubles the window with each round trip until the rate grows no
	// more; steadyGain lets it follow a path that gets better.
	growGain   = 2.0
	steadyGain = 1.25
	// plateau is after how many round trips without a quarter more the rate of the
	// path counts as found.
	plateau      = 2
	plateauRatio = 1.25
	// rateRounds is over how many round trips the best rate counts: a loss holds
	// everything up for one or two.
	rateRounds = 10
	// jamTrips and jamTime are how late an answer is that no single loss explains:
	// so many round trips and so much more. The path has become slower.
	jamTrips = 4
	jamTime  = 8 * queueTime
	// leastWindow is how long the least round trip counts at least, and how often
	// a busy path is drained to see it.
	leastWindow = 15 * time.Second
	// pacingGrain is the shortest wait worth a timer.
	pacingGrain = time.Millisecond
)

// flight is one update under way.
type flight struct {
	epoch, seq uint32
	bytes      int
	sent       time.Time

	// As they were when it was sent: how much had been shown, when the last of
	// that was shown, and when that had been sent.
	delivered   int64
	deliveredAt time.Time
	firstSent   time.Time
	rested      bool // the sender had had nothing more to send: says little of the path
}

// path is the way to one viewer's eyes, as sending and Shown measure it: its
// rate is the best of the last round trips, its length the least time from
// sending to Shown. Together they say how many bytes the path itself holds, and
// the window is little more than that. Whatever is the narrowest place (uplink,
// loss that TCP or QUIC slow down for, the rep's downlink, a slow decoder), the
// queue before it stays short, because nothing else is under way.
//
//	first ── Shown ──▶ growing ── rate grows no more ──▶ steady
//	 window of a constant    twice the rate      rate x (least x 1.25 + queueTime)
//
// It has no clock and no lock of its own.
type path struct {
	under []flight
	bytes int // of them

	delivered   int64
	deliveredAt time.Time
	firstSent   time.Time
	restUntil   int64 // flights sent before so much was delivered are rested; -1: none

	rates    [rateRounds]float64 // bytes per second, the best of each round
	round    int
	roundEnd int64 // delivered when the round's first flight was sent
	busy     bool  // the round has a sample of a path that was kept busy
	best     float64

	steady bool
	top    float64 // while growing
	flat   int     // rounds without growth

	least, now time.Duration // the least round trip of the window before, and of this one
	trips      int           // that were measured
	since      time.Time     // when this one began
	clean      bool          // it has a sample of a path that nothing waited on
	drain      bool          // wait until the path is empty
	probe      bool          // the first update on an empty path shall be small

	next time.Time // not before
}

func newPath() path { return path{restUntil: -1, probe: true} }

// roundTrip is the least that was seen, 0 before anything was.
func (p *path) roundTrip() time.Duration {
	if p.least == 0 || p.now > 0 && p.now < p.least {
		return p.now
	}
	return p.least
}

// near says that the round trip is known and short.
func (p *path) near() bool {
	return p.trips > 0 && (p.roundTrip() <= nearTime || p.trips <= coldTrips && p.roundTrip() <= nearWait)
}

// first is the window while nothing is known.
func (p *path) first() int {
	if p.near() {
		return nearWindow
	}
	return firstWindow
}

// count is how many updates may be under way.
func (p *path) count() int {
	d := p.roundTrip()
	if d == 0 {
		return firstCount
	}
	return min(leastCount+int(d/countTime), maxUnder)
}

// far says that the path is long or that its limit is known, so that a small
// limit means a thin path and not one that was never tried.
func (p *path) far() bool {
	return p.steady || !p.near() && (len(p.under) > 0 || p.trips > 0)
}

// window is how many bytes may be under way.
func (p *path) window() int {
	if p.best == 0 {
		return p.first()
	}
	gain, floor := growGain, p.first()
	if p.steady {
		gain, floor = steadyGain, leastUnder
	}
	return max(int(p.best*(gain*p.roundTrip().Seconds()+queueTime.Seconds())), floor)
}

// calm says that refinement may go: nothing waits on the path but what fills it,
// so that new damage finds no queue.
func (p *path) calm() bool {
	if p.best == 0 {
		// Some of it shows the transport sooner what was lost of the first picture.
		return p.bytes < leastUnder
	}
	return !p.steady || p.bytes < max(int(p.best*p.roundTrip().Seconds()), leastRefine)
}

// pace is how fast updates may follow one another, in bytes per second.
// A burst would overflow the path's own queue, and what is
// lost there costs more than the wait.
func (p *path) pace() float64 {
	d := p.roundTrip()
	switch {
	case d == 0:
		return guessRate
	case p.steady:
		return max(steadyGain*p.best, leastRefine/d.Seconds())
	default:
		return max(growGain*p.best, float64(p.first())/d.Seconds())
	}
}

// room is how large the next update may be; 0: it has to wait, for Shown or, if
// wait is not 0, so long.
func (p *path) room(now time.Time) (limit int, wait time.Duration) {
	if len(p.under) == 0 {
		p.drain = false
	}
	window := p.window()
	if p.drain || len(p.under) >= p.count() || p.bytes >= window {
		return 0, 0
	}
	wait = p.next.Sub(now)
	if p.roundTrip() == 0 && len(p.under) > 0 {
		wait = max(wait, p.under[0].sent.Add(nearWait).Sub(now))
	}
	if wait >= pacingGrain {
		return 0, wait
	}
	if p.probe && len(p.under) == 0 && p.first() == firstWindow {
		return minUpdate, 0
	}
	limit = int(p.best * updateTime.Seconds())
	if !p.steady {
		limit = max(limit, p.first()/4)
	}
	limit = min(limit, window-p.bytes)
	return min(max(limit, minUpdate), encode.MaxLimit), 0
}

// sent notes an update; more: there is more to be sent at once.
func (p *path) sent(now time.Time, epoch, seq uint32, bytes int, more bool) {
	if len(p.under) == 0 {
		p.firstSent, p.deliveredAt, p.clean, p.probe = now, now, true, false
	}
	p.under = append(p.under, flight{
		epoch: epoch, seq: seq, bytes: bytes, sent: now,
		delivered: p.delivered, deliveredAt: p.deliveredAt, firstSent: p.firstSent, rested: p.restUntil >= 0,
	})
	p.bytes += bytes
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(float64(bytes) / p.pace() * float64(time.Second)))
	if !more {
		p.rest()
	}
}

// rest notes that there is nothing to send though there is room.
func (p *path) rest() { p.restUntil = p.delivered + int64(p.bytes) }

// shown takes the viewer's credit: this update, and all before it, are on the
// canvas. For one that was never sent there is none.
func (p *path) shown(now time.Time, epoch, seq uint32) {
	for i, f := range p.under {
		if f.epoch != epoch || f.seq != seq {
			continue
		}
		for _, g := range p.under[:i+1] {
			p.bytes -= g.bytes
			p.delivered += int64(g.bytes)
		}
		p.under = append(p.under[:0], p.under[i+1:]...)
		p.deliveredAt, p.firstSent = now, f.sent
		if p.restUntil >= 0 && p.delivered > p.restUntil {
			p.restUntil = -1
		}
		p.clean = p.clean || f.rested
		p.measureTime(now, now.Sub(f.sent))
		p.measureRate(now, f)
		return
	}
}

// forget is for updates that will not be answered.
func (p *path) forget() { p.under, p.bytes, p.drain = p.under[:0], 0, false }

// measureTime keeps the least round trip of this window and the one before.
func (p *path) measureTime(now time.Time, d time.Duration) {
	p.trips++
	if p.now == 0 {
		p.now, p.since, p.next = d, now, now
		return
	}
	if now.Sub(p.since) < leastWindow {
		p.now = min(p.now, d)
		return
	}
	p.least, p.now, p.since = p.now, d, now
	// A path that is always busy shows no more how short it is.
	p.drain, p.probe, p.clean = !p.clean, !p.clean, false
}

// measureRate takes the rate at which f and what was before it were delivered:
// the slower of how they were sent and how they were shown, so that a jam of
// answers does not look fast.
func (p *path) measureRate(now time.Time, f flight) {
	if f.delivered >= p.roundEnd {
		p.endRound()
	}
	took := max(f.sent.Sub(f.firstSent), now.Sub(f.deliveredAt))
	if took <= 0 {
		return
	}
	r := float64(p.delivered-f.delivered) / took.Seconds()
	if f.rested && r <= p.best {
		return
	}
	if !f.rested {
		p.busy = true
		if now.Sub(f.sent) > jamTrips*p.roundTrip()+jamTime {
			p.rates, p.best, p.steady = [rateRounds]float64{p.best / 2}, p.best/2, true
		}
	}
	at := &p.rates[p.round%rateRounds]
	*at = max(*at, r)
	p.best = max(p.best, r)
}

// endRound begins another round trip. Rounds in which the path was idle do not
// count: they neither age the rate nor say that it grows no more.
func (p *path) endRound() {
	p.roundEnd = p.delivered
	if !p.busy {
		return
	}
	p.busy = false
	if !p.steady {
		if p.best >= p.top*plateauRatio {
			p.top, p.flat = p.best, 0
		} else if p.flat++; p.flat >= plateau {
			p.steady = true
		}
	}
	p.round++
	p.rates[p.round%rateRounds] = 0
	p.best = 0
	for _, r := range p.rates {
		p.best = max(p.best, r)
	}
}
