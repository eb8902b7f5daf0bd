package encode

import "image"

// Unsure lists where the viewer may not have the newest pixels yet, or only
// roughly, once all that Append returned is applied. It is for tests.
func (c *Canvas) Unsure() (rs []image.Rectangle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.tiles {
		for _, b := range []box{c.tiles[i].dirty, c.tiles[i].lossy} {
			if !b.empty() {
				rs = append(rs, c.place(i, b))
			}
		}
	}
	return rs
}
