package x11

import (
	"errors"
	"fmt"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// ErrNoExtension says that the server lacks an extension.
var ErrNoExtension = errors.New("no such extension")

// Extension is where the server put an extension.
type Extension struct {
	Major      byte
	FirstEvent byte
	FirstError byte
}

// Extension makes the requests of an xgb extension package usable on this
// connection, instead of the package's Init. The name is the server's:
// "MIT-SHM", "DAMAGE", "XFIXES", "RANDR", "XTEST", "XInputExtension".
func (c *Conn) Extension(name string) (Extension, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.known[name]; ok {
		return e, nil
	}
	e, err := Use(c.Conn, name)
	if err == nil {
		c.known[name] = e
	}
	return e, err
}

// Use is Extension for a connection of xgb's own. It asks the server each time.
func Use(c *xgb.Conn, name string) (Extension, error) {
	r, err := xproto.QueryExtension(c, uint16(len(name)), name).Reply()
	if err != nil {
		return Extension{}, fmt.Errorf("query extension %s: %w", name, err)
	}
	if !r.Present {
		return Extension{}, fmt.Errorf("%s: %w", name, ErrNoExtension)
	}
	c.ExtLock.Lock()
	c.Extensions[name] = r.MajorOpcode
	c.ExtLock.Unlock()
	return Extension{Major: r.MajorOpcode, FirstEvent: r.FirstEvent, FirstError: r.FirstError}, nil
}
