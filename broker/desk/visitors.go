package desk

import (
	"context"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// visitors are the portal pages that are open.
type visitors struct {
	mu   sync.Mutex
	here map[wire.SessionID]int
	gone map[wire.SessionID]time.Time // since when there is none, of sessions that stand
}

// maxPages is how many pages one customer may have open: a reload leaves the page
// before open for a moment.
const maxPages = 4

// Here notes that a customer's page is open, until leave is called. There is none
// when too many are.
func (d *Desk) Here(id wire.SessionID) (leave func(), ok bool) {
	v := &d.visitors
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.here[id] >= maxPages {
		return nil, false
	}
	v.here[id]++
	delete(v.gone, id)
	d.conf.Hub.Publish(live.Change{Session: id})
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.here[id]--; v.here[id] > 0 {
			return
		}
		delete(v.here, id)
		if d.find(id) != nil {
			v.gone[id] = d.conf.Now()
		}
		d.conf.Hub.Publish(live.Change{Session: id})
	}, true
}

func (v *visitors) there(id wire.SessionID) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.here[id] > 0
}

// since is when the last page of a session went; where there was none, now.
func (v *visitors) since(id wire.SessionID, now time.Time) time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.gone[id]; !known {
		v.gone[id] = now
	}
	return v.gone[id]
}

func (v *visitors) forget(id wire.SessionID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.gone, id)
}

// visitorThere notes whether the customer of a chat is there. One who does not come
// back ends it. Once the client runs, its link is what counts.
func (d *Desk) visitorThere(ctx context.Context, e *entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.s.Phase != support.Waiting && e.s.Phase != support.Chatting {
		return
	}
	now := d.conf.Now()
	switch here := d.visitors.there(e.id); {
	case here && !e.s.LostAt.IsZero():
		d.try(ctx, e, action{Command: support.Command{Verb: support.Regain}, actor: visitorActor, actorName: e.visitor})
	case !here && e.s.LostAt.IsZero() && now.Sub(d.visitors.since(e.id, now)) >= settle:
		d.try(ctx, e, action{Command: support.Command{
			Verb: support.Lose, By: wirepb.EndedBy_ENDED_BY_CUSTOMER, Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, Detail: "the customer's page is gone",
		}, actor: system})
	}
}
