package capture

import (
	"bytes"
	"image"
)

const (
	// movesLimit is how many moves a frame has at most. A scroll is one, beside
	// each bar that stands still one more; each costs the viewer a copy.
	movesLimit = 8

	// minMove is how many pixels a move must save: below, its operation costs
	// the viewer as much as the pixels do. Encoders have the same limit.
	minMove = 32 * 32

	// minSearch is the area of a claim below which nothing is looked for: what
	// is typed and what blinks.
	minSearch = 64 * 64

	// peek is how far apart the rows lie, about, that are compared to see where in a
	// claim something changed.
	peek = 16

	// groupSlack is how far apart claims may be that are searched as one: the
	// width of a frame or bar between what was moved and what was uncovered.
	groupSlack = 16

	// groupsLimit bounds the groups of a frame; further claims are not searched.
	groupsLimit = 32

	// rounds is how many ways are followed in one frame, each looking at what
	// the ones before left unexplained.
	rounds = 2
)

// shift is a move by its target.
type shift struct {
	to image.Rectangle
	by image.Point
}

func (s shift) src() image.Rectangle { return s.to.Sub(s.by) }

// motion finds what was moved between two frames.
//
//	claims -> groups that are near -> ways (hints, the last way, or features of
//	the old frame found again in the new one: motion_votes.go) -> for each way a grid of
//	samples of where it holds (motion_grid.go) -> the rectangles that save most, their
//	edges set to the pixel (motion_edges.go)
//
// All of it looks at samples. That is safe because nothing is believed: Refine
// compares every pixel of every target.
type motion struct {
	last   image.Point // the way that was found last, tried first
	memory memory
	votes  votes
	grid   grid
	groups []image.Rectangle
	ways   []image.Point
	found  []shift
	order  []shift
}

func (m *motion) reset() {
	m.last = image.Point{}
	m.memory = memory{}
}

// find returns moves from the old picture to the new one, in the order in which
// they are to be applied: none writes what a later one reads.
func (m *motion) find(old, now picture, claims []image.Rectangle, hints []image.Point) []shift {
	m.group(old, now, claims)
	m.found = m.found[:0]
	if len(m.groups) == 0 {
		return nil
	}
	m.memory.tick()
	fresh := m.groups[:0]
	for _, g := range m.groups {
		m.ways = append(m.ways[:0], hints...)
		if len(hints) > 0 && m.follow(old, now, g, false) {
			continue
		}
		m.ways = append(m.ways[:0], m.last)
		if m.last != (image.Point{}) && m.follow(old, now, g, true) {
			continue
		}
		if !m.memory.tired(g) {
			fresh = append(fresh, g)
		}
	}
	m.search(old, now, fresh)
	return m.ordered()
}

// search looks for ways in groups of which nothing is known.
func (m *motion) search(old, now picture, groups []image.Rectangle) {
	if len(groups) == 0 {
		return
	}
	m.votes.count(old, now, groups)
	m.ways, m.last = m.votes.best(m.ways[:0]), image.Point{}
	for _, g := range groups {
		if m.follow(old, now, g, false) {
			m.memory.forget(g)
		} else {
			m.memory.missed(g)
		}
	}
}

// group joins what changed in claims that are near one another, where that is
// worth a search.
func (m *motion) group(old, now picture, claims []image.Rectangle) {
	m.groups = m.groups[:0]
	for _, c := range claims {
		if len(m.groups) < groupsLimit && area(c) >= minSearch {
			if c = changed(old, now, c); !c.Empty() {
				m.groups = append(m.groups, c)
			}
		}
	}
	for again := true; again; {
		again = false
		for i := 0; i < len(m.groups); i++ {
			for j := len(m.groups) - 1; j > i; j-- {
				if m.groups[i].Inset(-groupSlack).Overlaps(m.groups[j]) {
					m.groups[i], again = m.groups[i].Union(m.groups[j]), true
					m.groups[j] = m.groups[len(m.groups)-1]
					m.groups = m.groups[:len(m.groups)-1]
				}
			}
		}
	}
	worth := m.groups[:0]
	for _, g := range m.groups {
		if area(g) >= minSearch {
			worth = append(worth, g)
		}
	}
	m.groups = worth
}

// changed is about where in a claim something changed. A source that knows nothing
// claims the whole desktop.
func changed(old, now picture, claim image.Rectangle) (all image.Rectangle) {
	for at := claim.Min.Y; at < claim.Max.Y; at += peek {
		y := min(at+jitter(at/peek, peek), claim.Max.Y-1)
		was, is := old.row(y, claim.Min.X, claim.Max.X), now.row(y, claim.Min.X, claim.Max.X)
		if bytes.Equal(was, is) {
			continue
		}
		x0, x1 := claim.Min.X+firstDifference(was, is)/4, claim.Min.X+lastDifference(was, is)/4
		all = all.Union(image.Rect(x0, y, x1, y+1))
	}
	if all.Empty() {
		return all
	}
	// Rows between were not looked at, and lines of text differ in length.
	return all.Inset(-4 * peek).Intersect(claim)
}

// follow tries the ways in a group and keeps the moves of the best. Sure ones are
// only kept when they explain most of what changed.
func (m *motion) follow(old, now picture, g image.Rectangle, sure bool) bool {
	before := len(m.found)
	for range rounds {
		best, gain := image.Point{}, 0
		for _, by := range m.ways {
			if s := m.grid.sample(old, now, g, by, m.found); s > gain && (!sure || m.grid.explains()) {
				best, gain = by, s
			}
		}
		if gain == 0 {
			break
		}
		if m.grid.by != best {
			m.grid.sample(old, now, g, best, m.found)
		}
		n := len(m.found)
		m.found = m.grid.pick(m.found, old, now)
		if len(m.found) == n {
			break
		}
		m.last = best
		if len(m.ways) == 1 || len(m.found) == movesLimit {
			break
		}
	}
	return len(m.found) > before
}

// ordered sorts the moves so that none writes what a later one reads. Of a ring
// of moves the last found is left out.
func (m *motion) ordered() []shift {
	m.order = m.order[:0]
	for len(m.found) > 0 {
		next := -1
		for i := range m.found {
			if !m.disturbs(i) {
				next = i
				break
			}
		}
		if next < 0 {
			m.found = m.found[:len(m.found)-1]
			continue
		}
		m.order = append(m.order, m.found[next])
		m.found = append(m.found[:next], m.found[next+1:]...)
	}
	return m.order
}

// disturbs reports whether a move writes what another of those left reads.
func (m *motion) disturbs(i int) bool {
	for j := range m.found {
		if i != j && m.found[i].to.Overlaps(m.found[j].src()) {
			return true
		}
	}
	return false
}
