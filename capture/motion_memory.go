package capture

import "image"

// memory knows the places in which nothing was found again and again, such as a
// video: they are searched ever more rarely.
type memory struct {
	places [8]place
	now    uint32
}

type place struct {
	rect   image.Rectangle
	misses uint32
	until  uint32 // not searched before
	used   uint32
}

const (
	// freeMisses is how many searches in a row are free: a page is often drawn
	// in steps, and someone who reads scrolls now and then.
	freeMisses = 8

	// restLimit is how many frames of a place go unsearched at most. A scroll
	// that begins where a video was is found at its fifth step, and a search is
	// only a part of what such a frame costs in any case.
	restLimit = 4
)

func (m *memory) tick() { m.now++ }

// tired reports whether a group is not to be searched in this frame.
func (m *memory) tired(g image.Rectangle) bool {
	p := m.at(g)
	return p != nil && m.now < p.until
}

// missed notes a search that found nothing.
func (m *memory) missed(g image.Rectangle) {
	p := m.at(g)
	if p == nil {
		p = &m.places[0]
		for i := range m.places {
			if m.places[i].used < p.used {
				p = &m.places[i]
			}
		}
		*p = place{rect: g}
	}
	p.misses++
	p.used = m.now
	if p.misses > freeMisses {
		p.until = m.now + 1 + min(p.misses-freeMisses, restLimit)
	}
}

// at is what is known of the place of a group: one that has most of its area in
// common.
func (m *memory) at(g image.Rectangle) *place {
	for i := range m.places {
		p := &m.places[i]
		if common := area(p.rect.Intersect(g)); common > 0 && common*4 >= 3*max(area(g), area(p.rect)) {
			return p
		}
	}
	return nil
}

// forget is said where something was found.
func (m *memory) forget(g image.Rectangle) {
	if p := m.at(g); p != nil {
		*p = place{}
	}
}
