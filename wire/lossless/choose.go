package lossless

const (
	// goodRun is enough: nothing longer is looked for.
	goodRun = 32
	// shortRun is where a search for a better source begins.
	shortRun = 6
	// leaveLiterals is the run that is worth the two tokens around it.
	leaveLiterals = 4
)

// choose finds the best token for x: mostly the longest run, with something in
// favour of what is cheap to say and keeps the vectors of the row above.
func (e *Encoder) choose(x int) (kind, n, v int) {
	n = e.follow(x)
	if n >= goodRun || n == e.w-x {
		return kindFollow, n, 0
	}
	kind = kindFollow
	if m := e.match(x, above); m > n && e.y > 0 {
		kind, n, v = kindAbove, m, above
	}
	if m := e.left(x); m > n+1 {
		kind, n, v = kindLeft, m, above
	}
	if n < shortRun {
		if u := e.nextVector(); u != 0 {
			if m := e.match(x, u); m > n+1 {
				kind, n, v = kindNext, m, u
			}
		}
		if u := e.lastVector(); u != above {
			if m := e.match(x, u); m > n+1 {
				kind, n, v = kindAgain, m, u
			}
		}
	}
	if n < shortRun {
		if m, u := e.search(x, n+2); m > 0 {
			kind, n, v = kindFrom, m, u
		}
	}
	if n == 0 || e.literals > 0 && n < leaveLiterals && x+n < e.w {
		return kindLiteral, 1, above
	}
	return kind, n, v
}

// follow is how far the vectors of the row above hold from x.
func (e *Encoder) follow(x int) (n int) {
	for i, o := e.si, e.so; i < len(e.h.prev); i, o = i+1, 0 {
		s := e.h.prev[i]
		m := e.matchWithin(x+n, s.v, s.n-o)
		n += m
		if m < s.n-o {
			break
		}
	}
	return n
}

// nextVector is that of the next part of the row above that is not just a copy
// of the row above it, 0 for none nearby.
func (e *Encoder) nextVector() int { return e.h.nextVector(e.si) }

func (e *Encoder) lastVector() int { return e.h.lastVector() }

func (h *history) nextVector(i int) int {
	if i >= len(h.prev) {
		return 0
	}
	v := h.prev[i].v
	for _, s := range h.prev[i+1 : min(i+4, len(h.prev))] {
		if s.v != v && s.v != above {
			return s.v
		}
	}
	return 0
}

func (h *history) lastVector() int {
	if len(h.row) == 0 {
		return above
	}
	return h.row[len(h.row)-1].v
}

// left is how many pixels from x on are what stands left of x.
func (e *Encoder) left(x int) (n int) {
	if x == 0 {
		return 0
	}
	for c := e.cur[x-1]; x+n < e.w && e.cur[x+n] == c; n++ {
	}
	return n
}

func (e *Encoder) match(x, v int) int { return e.matchWithin(x, v, e.w-x) }

// matchWithin is how many pixels from x on, at most limit, equal those that are
// v further on in the history. What the row itself has so far is not there yet.
func (e *Encoder) matchWithin(x, v, limit int) int {
	cur, s := e.cur[x:x+limit], e.at+x+v
	if s < 0 || s >= historySize {
		return 0
	}
	src := e.h.pix[s:]
	switch {
	case s >= e.at && s < e.at+x:
		src = e.cur[s-e.at:]
	case s < e.at && s+limit > e.at:
		src = e.h.pix[s:e.at]
	}
	return equal(src, cur)
}

// equal is how many pixels a and b begin with alike.
func equal(a, b []uint32) (n int) {
	a = a[:min(len(a), len(b))]
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}
