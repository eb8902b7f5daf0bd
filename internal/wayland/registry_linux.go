package wayland

import "fmt"

// Global is something that a compositor offers.
type Global struct {
	Name      uint32 // its number, never used again
	Interface string
	Version   uint32
}

const (
	registryBind   = 0
	registryAdd    = 0
	registryRemove = 1
)

func (c *Conn) onRegistry(op uint16, a *Args) {
	switch op {
	case registryAdd:
		g := Global{Name: a.Uint(), Interface: a.String(), Version: a.Uint()}
		if a.err == nil {
			c.globals[g.Name] = g
			c.tell(g, false)
		}
	case registryRemove:
		if g, ok := c.globals[a.Uint()]; ok {
			delete(c.globals, g.Name)
			c.tell(g, true)
		}
	}
}

func (c *Conn) tell(g Global, gone bool) {
	for _, f := range c.watch {
		f(g, gone)
	}
}

// Watch calls f for all that is offered, now and later, and when it is taken back.
func (c *Conn) Watch(f func(g Global, gone bool)) {
	c.watch = append(c.watch, f)
	for _, g := range c.globals {
		f(g, false)
	}
}

// Find returns what is offered under an interface. The error is an ErrMissing.
func (c *Conn) Find(name string) (Global, error) {
	var found Global
	for _, g := range c.globals {
		if g.Interface == name && (found.Name == 0 || g.Name < found.Name) {
			found = g
		}
	}
	if found.Name == 0 {
		return found, fmt.Errorf("%w: %s", ErrMissing, name)
	}
	return found, nil
}

// Bind makes an object of what is offered, of the highest version that both sides
// know, and returns its number and version.
func (c *Conn) Bind(g Global, most uint32, h Handler) (id, version uint32) {
	version = min(g.Version, most)
	id = c.New(h)
	c.Request(c.registry, registryBind).Uint(g.Name).String(g.Interface).Uint(version).Uint(id).Send()
	return id, version
}

// BindOnly finds and binds.
func (c *Conn) BindOnly(name string, most uint32, h Handler) (id, version uint32, err error) {
	g, err := c.Find(name)
	if err != nil {
		return 0, 0, err
	}
	id, version = c.Bind(g, most, h)
	return id, version, nil
}
