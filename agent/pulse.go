package agent

import (
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// While a session is on, helper and tray have to show that they live: by anything that
// they send, or else by the answer to a beat. Without a session nothing is asked and
// nothing runs.
//
//	heard ──nothing since one look──▶ asked ──silentAfter──▶ silent ──hungAfter──▶ killed
//	  ▲───────────────anything──────────┘───────anything───────┘
//
// Time is counted in looks: a service that does not get to look, since the machine has
// too much to do or was asleep, blames nobody for it.
const (
	// lookEvery is how often it is looked.
	lookEvery = 250 * time.Millisecond
	// silentAfter is how many looks without a word end frames and input: a second after
	// the last sign of life at most, of which half is there to answer.
	silentAfter = 3
	// hungAfter is how many end the process, which is started again. What a
	// rep typed before the silence and what was not injected yet is that old at most when
	// a process wakes in time.
	hungAfter = 12
)

// pulse is what is known of how a process lives. The loop's, where it says nothing else.
type pulse struct {
	words  atomic.Uint32 // that were heard; of whoever receives
	silent atomic.Bool   // it does not answer; the loop says so, others look
	seen   uint32        // of words, at the last look
	missed int           // looks without a word
}

// isBeat says whether a message says nothing but that its sender lives.
func isBeat(m proto.Message) bool {
	switch m := m.(type) {
	case *ipcpb.FromHelper:
		return m.GetBeat() != nil
	case *ipcpb.FromTray:
		return m.GetBeat() != nil
	default:
		return false
	}
}

// heard notes a sign of life, as whoever receives it.
func (a *agent) heard(w *worker, r *running) {
	r.pulse.words.Add(1)
	if r.pulse.silent.Load() {
		a.post(func() { a.spoke(w, r) })
	}
}

// deaf says whether input for it is lost: it would be injected whenever the process
// wakes. From any goroutine.
func (w *worker) deaf() bool {
	r := w.cur.Load()
	return r != nil && r.pulse.silent.Load()
}

// silent says whether it runs and does not answer. The loop's.
func (w *worker) silent() bool { return w.now != nil && w.now.pulse.silent.Load() }

// listen begins to look, for as long as a session is on. Runs on the loop, as all below.
func (a *agent) listen() {
	if a.listening || !a.listens() {
		return
	}
	a.listening = true
	a.lookLater()
}

func (a *agent) listens() bool {
	return a.session != nil && a.session.phase == phaseActive && !a.session.held
}

func (a *agent) lookLater() { time.AfterFunc(lookEvery, func() { a.post(a.look) }) }

func (a *agent) look() {
	if !a.listens() {
		a.listening = false
		for _, w := range []*worker{a.helper, a.tray} {
			if w.now != nil {
				a.spoke(w, w.now) // nobody asks any more
			}
		}
		return
	}
	for _, w := range []*worker{a.helper, a.tray} {
		a.lookAt(w)
	}
	a.lookLater()
}

// lookAt looks at a process that is ready; one that is not has a limit of its own.
func (a *agent) lookAt(w *worker) {
	r := w.now
	if r == nil || !w.ready {
		return
	}
	p := &r.pulse
	if n := p.words.Load(); n != p.seen {
		p.seen, p.missed = n, 0
		return
	}
	p.missed++
	switch p.missed {
	case 1:
		w.send(beatFor(w.role))
	case silentAfter:
		a.Log.Warn("process does not answer", "role", w.role)
		p.silent.Store(true)
		a.flow()
	case hungAfter:
		a.Log.Error("process hangs and is ended", "role", w.role)
		r.child.Kill()
	}
}

// spoke is a process that answers again.
func (a *agent) spoke(w *worker, r *running) {
	r.pulse.missed = 0
	if w.now != r || !r.pulse.silent.Swap(false) {
		return
	}
	a.Log.Info("process answers again", "role", w.role)
	a.flow()
}

func beatFor(r Role) proto.Message {
	if r == Tray {
		return &ipcpb.ToTray{Kind: &ipcpb.ToTray_Beat{Beat: &ipcpb.Beat{}}}
	}
	return &ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Beat{Beat: &ipcpb.Beat{}}}
}
