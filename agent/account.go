package agent

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// lastCounts is how long the summary of a session waits for the helper's last
// counts: some times what closing a view takes.
const lastCounts = 500 * time.Millisecond

// account is what is counted of the session, to be said in its summary. It
// outlives the session until the helper's last counts are in. It belongs to the
// loop.
type account struct {
	summary *wirepb.SessionSummary
	views   map[uint32]int // by viewer: how many last counts are still to come, one of each opening
	over    bool
	closing *closing // what is being done with the terminal session; nil: nothing
	timer   *time.Timer
}

// tally counts the updates that left the machine. Viewers' writers add to it.
type tally struct{ updates, bytes atomic.Uint64 }

func (t *tally) count(p packet) {
	if p.head.Kind == wire.MediaUpdate {
		t.updates.Add(1)
		t.bytes.Add(uint64(len(p.packed)))
	}
}

func hashOf(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}

// openAccount begins to count for a session.
func (a *agent) openAccount(s *session) {
	a.closeAccount() // of the one before
	a.router.sent.updates.Store(0)
	a.router.sent.bytes.Store(0)
	a.account = &account{
		summary: &wirepb.SessionSummary{Session: s.id[:], GrantHash: hashOf(s.raw)},
		views:   map[uint32]int{},
	}
}

// settle ends the counting: at once, or when the helper has said its last and the
// terminal session has become what it is to become.
func (a *agent) settle(by wirepb.EndedBy, code wirepb.ErrorCode) {
	c := a.account
	if c == nil || c.over {
		return
	}
	c.over = true
	c.summary.EndedAtUnixMs, c.summary.By, c.summary.Code = time.Now().UnixMilli(), by, code
	if !a.helper.ready {
		clear(c.views)
	}
	c.timer = time.AfterFunc(lastCounts, func() {
		a.post(func() {
			if a.account == c {
				clear(c.views)
				a.countedAll()
			}
		})
	})
	a.countedAll()
}

// closeAccount makes the summary of a session that is over.
func (a *agent) closeAccount() {
	c := a.account
	if c == nil || !c.over {
		return
	}
	a.account = nil
	c.timer.Stop()
	if c.closing != nil {
		c.closing.stop()
		c.summary.AtEndCode = wirepb.ErrorCode_ERROR_CODE_AT_END_UNCONFIRMED
	}
	c.summary.Updates, c.summary.UpdateBytes = a.router.sent.updates.Load(), a.router.sent.bytes.Load()
	if err := a.memory.chain(c.summary, a.Identity.Sign); err != nil {
		a.Log.Error("session summary", "err", err)
	}
	a.sendSummary()
	a.saidAll()
}

// counted adds what the helper has counted of a view.
func (a *agent) counted(d *ipcpb.InputDropped) {
	if d.ViewOnly+d.PromptOpen+d.NoToken > 0 {
		a.Log.Warn("input refused", "viewer", d.Viewer, "view_only", d.ViewOnly, "prompt_open", d.PromptOpen, "not_in_control", d.NoToken)
	}
	c := a.account
	if c == nil || c.views[d.Viewer] == 0 {
		return
	}
	c.summary.InputInjected += d.Injected
	c.summary.InputViewOnly += d.ViewOnly
	c.summary.InputPromptOpen += d.PromptOpen
	c.summary.InputNoToken += d.NoToken
	if d.Last {
		if c.views[d.Viewer]--; c.views[d.Viewer] == 0 {
			delete(c.views, d.Viewer)
		}
		a.countedAll()
	}
}

// countedAll ends the counting of a session that is over when nothing is to come.
func (a *agent) countedAll() {
	switch c := a.account; {
	case c == nil || len(c.views) > 0 || c.over && c.closing != nil:
	case c.over:
		a.closeAccount()
	case a.elevating.hands():
		a.handOver(a.elevating)
	}
}

// helperLost: its counts are lost with it.
func (a *agent) helperLost() {
	if c := a.account; c != nil {
		clear(c.views)
		a.countedAll()
	}
}

// sendSummary sends the oldest summary that waits, one at a time.
func (a *agent) sendSummary() {
	if s := a.memory.next(); s != nil && a.link != nil && !a.link.summing {
		a.link.summing = true
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Summary{Summary: s}})
	}
}

func (a *agent) summaryKept(k *link, seq uint64) {
	if err := a.memory.confirmed(seq); err != nil {
		a.Log.Error("session summary", "err", err)
	}
	k.summing = false
	a.sendSummary()
	a.saidAll()
}
