package x11

import (
	"errors"
	"fmt"

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
	r, err := xproto.QueryExtension(c.Conn, uint16(len(name)), name).Reply()
	if err != nil {
		return Extension{}, fmt.Errorf("query extension %s: %w", name, err)
	}
	if !r.Present {
		return Extension{}, fmt.Errorf("%s: %w", name, ErrNoExtension)
	}
	e := Extension{Major: r.MajorOpcode, FirstEvent: r.FirstEvent, FirstError: r.FirstError}
	c.known[name] = e
	c.ExtLock.Lock()
	c.Extensions[name] = e.Major
	c.ExtLock.Unlock()
	return e, nil
}
