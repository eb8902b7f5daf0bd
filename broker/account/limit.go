package account

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits of guessing. A person who forgot a password tries a few times; after
// the burst one try each half minute is evaluated, per account and per address.
const (
	guessBurst  = 10
	guessEvery  = 30 * time.Second
	addressRate = 5 // an office behind one address signs in together
	// A code has six digits: who has the password may try some 700 a day. What is
	// right takes nothing.
	codeBurst = 6
	codeEvery = 2 * time.Minute
	// What one API key may call.
	callBurst = 100
	callEvery = 100 * time.Millisecond
	// maxKeys bounds the memory of a limiter. When it is full the keys that are
	// back at their full burst go first; if none is, newcomers wait.
	maxKeys = 8192
)

// Limiter limits tries by key.
type Limiter struct {
	every time.Duration
	burst int
	mu    sync.Mutex
	keys  map[string]*rate.Limiter
}

// NewLimiter allows burst tries at once and one more each interval.
func NewLimiter(every time.Duration, burst int) *Limiter {
	return &Limiter{every: every, burst: burst, keys: make(map[string]*rate.Limiter)}
}

// Allow takes one try of the key.
func (l *Limiter) Allow(key string, now time.Time) bool {
	_, ok := l.Take(key, now)
	return ok
}

// Take takes one try of the key, which giveBack undoes.
func (l *Limiter) Take(key string, now time.Time) (giveBack func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.keys[key]
	if k == nil {
		if len(l.keys) >= maxKeys && !l.prune(now) {
			return func() {}, false
		}
		k = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.keys[key] = k
	}
	r := k.ReserveN(now, 1)
	if r.DelayFrom(now) > 0 {
		r.CancelAt(now)
		return func() {}, false
	}
	return func() { r.CancelAt(now) }, true
}

func (l *Limiter) prune(now time.Time) bool {
	for key, k := range l.keys {
		if k.TokensAt(now) >= float64(l.burst) {
			delete(l.keys, key)
		}
	}
	return len(l.keys) < maxKeys
}

// Prefix is what an address counts as: one IPv4 address, or the /64 that one
// IPv6 customer has.
func Prefix(remote string) string { return masked(remote, 32, 64) }

// Network is what the addresses near one count as together: an IPv4 /24, or the /48
// that one IPv6 site has.
func Network(remote string) string { return masked(remote, 24, 48) }

func masked(remote string, bits4, bits6 int) string {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return "unknown"
	}
	a, bits := ap.Addr().Unmap().WithZone(""), bits6
	if a.Is4() {
		bits = bits4
	}
	return netip.PrefixFrom(a, bits).Masked().String()
}
