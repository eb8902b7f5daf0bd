package window

import (
	"fmt"
	"sync"

	"github.com/jezek/xgb"
)

// Foreign is an event of an extension. The only one whose events are asked for is
// RANDR, by WatchLayout, and that something changed is all that is wanted of them.
type Foreign []byte

// Bytes implements xgb.Event.
func (f Foreign) Bytes() []byte { return f }

// String implements xgb.Event.
func (f Foreign) String() string { return fmt.Sprintf("event %d of an extension", f[0]&127) }

// Numbers of extensions' events (X11 protocol, "Events").
const firstForeign, lastForeign = 64, 127

// foreign registers Foreign before the first connection. An extension package's Init
// would write the same table of xgb's at each connection, while the readers of the
// others look things up in it; the table is a variable of xgb's, hence the Once.
var foreign sync.Once

func registerForeign() {
	for n := firstForeign; n <= lastForeign; n++ {
		xgb.NewEventFuncs[n] = func(buf []byte) xgb.Event { return Foreign(buf) }
	}
}
