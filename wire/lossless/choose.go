package lossless

const (
	// goodRun is enough: nothing longer is looked for.
	goodRun = 32
	// shortRun is where a search for a better source begins.
	shortRun = 6
	// leaveLiterals is the run that is worth the two tokens around it.
	leaveLiterals = 4
	// searchLiterals is how many literals in a row are searched for all; of what
	// follows them, which is rarely drawn, every fourth pixel.
	searchLiterals = 4
	// patience is how many searches in a row find nothing before most of them
	// are left out. Less of it costs letters that would have been found.
	patience = 128
)

// choose finds the best token for x: mostly the longest run, with something in
// favour of what is cheap to say and keeps the vectors of the row above.
func (e *Encoder) choose(x int) (kind, n, v int) {
	least := 1
	if e.literals > 0 && x+leaveLiterals <= e.w {
		least = leaveLiterals
	}
	kind, n = kindFollow, e.follow(x, least)
	if n >= goodRun || n == e.w-x {
		return kind, n, 0
	}
	if more := max(n, least-1); e.y > 0 && x+more < e.w && e.up[x+more] == e.cur[x+more] {
		if m := equal(e.up[x:], e.cur[x:]); m > more {
			kind, n, v = kindAbove, m, above
		}
	}
	if more := max(n+1, least-1); x > 0 && e.cur[x-1] == e.cur[x] && x+more < e.w && e.cur[x+more] == e.cur[x] {
		if m := run(e.cur[x:]); m > more {
			kind, n, v = kindLeft, m, above
		}
	}
	if n < shortRun {
		if u := e.h.nextVector(); u != 0 {
			if m := e.match(x, u, max(n+1, least-1)); m > 0 {
				kind, n, v = kindNext, m, u
			}
		}
		if u := e.h.lastVector(); u != above {
			if m := e.match(x, u, max(n+1, least-1)); m > 0 {
				kind, n, v = kindAgain, m, u
			}
		}
		if n < shortRun && (e.literals < searchLiterals || x&3 == 0) && e.worthSearching() {
			if m, u := e.search(x, max(n+1, least-1)); m > 0 {
				kind, n, v = kindFrom, m, u
				e.misses = 0
			}
		}
	}
	if n < least {
		return kindLiteral, 1, above
	}
	return kind, n, v
}

// worthSearching is false most of the time where nothing is found: a search
// costs as much as all the rest.
func (e *Encoder) worthSearching() bool {
	e.misses++
	return e.misses < patience || e.misses%4 == 0
}

// follow is how far the vectors of the row above hold from x. It may be less
// than least, and is then not to be trusted.
func (e *Encoder) follow(x, least int) (n int) {
	for i, o := e.h.si, e.h.so; i < len(e.h.prev); i, o = i+1, 0 {
		s := e.h.prev[i]
		limit := s.n - o
		var m int
		if s.v == above {
			if n == 0 && limit >= least && e.up[x+least-1] != e.cur[x+least-1] {
				return 0
			}
			m = equal(e.up[x+n:x+n+limit], e.cur[x+n:])
		} else {
			m = e.source(x+n, s.v, limit, 0)
		}
		n += m
		if m < limit {
			break
		}
	}
	return n
}

// match is how many pixels from x on equal those that are v further on in the
// history, or 0 when it is not more than more.
func (e *Encoder) match(x, v, more int) int {
	if x+more >= e.w {
		return 0
	}
	if n := e.source(x, v, e.w-x, more); n > more {
		return n
	}
	return 0
}

// source is how many pixels from x on, at most limit, equal those that are v
// further on in the history. What the row itself has so far is not there yet.
// It is something of at most more when it is not more than more.
func (e *Encoder) source(x, v, limit, more int) int {
	s := e.at + x + v
	if s < 0 || s+more >= historySize {
		return 0
	}
	cur, src := e.cur[x:x+limit], e.h.pix[s:]
	if s < e.at+x && s+limit > e.at {
		if s >= e.at {
			src = e.cur[s-e.at:]
		} else {
			src = e.h.pix[s:e.at]
		}
	}
	if len(src) <= more || src[more] != cur[more] {
		return 0
	}
	return equal(src, cur)
}

// equal is how many pixels a and b begin with alike.
func equal(a, b []uint32) (n int) {
	a = a[:min(len(a), len(b))]
	b = b[:len(a)]
	for len(a)-n >= 4 && len(b)-n >= 4 {
		p, q := a[n:n+4:n+4], b[n:n+4:n+4]
		if (p[0]^q[0])|(p[1]^q[1])|(p[2]^q[2])|(p[3]^q[3]) != 0 {
			break
		}
		n += 4
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

// run is how many pixels are like the first one.
func run(p []uint32) (n int) {
	for n = 1; n < len(p) && p[n] == p[0]; n++ {
	}
	return n
}
