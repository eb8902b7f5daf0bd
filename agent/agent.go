// Package agent is the service role of an endpoint: it holds the link to the
// broker, checks grants, asks the user for consent, supervises one helper and
// one tray and carries media between the helper and the broker. It never sees a
// pixel and never touches the keyboard.
//
// Everything that decides runs on one goroutine, the loop: others hand it
// functions. Frames pass beside it, through the router, which the loop opens
// and closes.
package agent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Connector runs links to the broker, one after the other, until ctx ends or
// there is no point in going on. It calls serve with each link; serve returns
// when that link has ended. Hurry says that a session waits for the next one.
type Connector func(ctx context.Context, hurry func() bool, serve func(ctx context.Context, l transport.Link) error) error

// Config is what the service is made of. All fields are needed unless they say
// otherwise.
type Config struct {
	Identity *transport.Identity
	// Enrollment is handed to a service with more rights; without, there is none.
	Enrollment *transport.Enrollment
	Connect    Connector
	Terminals  terminal.Watcher
	Start      Starter
	Log        *slog.Logger

	Endpoint     string // path of the local endpoint; empty: none
	State        string // folder of what is remembered; empty: as long as the process
	Floor        policy.Floor
	GrantKey     ed25519.PublicKey
	Organisation string // until the broker says it
	Broker       string // its address, for the tray
	Version      string // of this program

	// Session makes the service an ad-hoc client: it takes an offer of this session only, asks
	// for no other, and ends with it. Zero: it stays.
	Session wire.SessionID
	Ready   func() // optional: called once when everything is started
	Pinner  Pinner // optional: without, this endpoint is not pinned
	// Facts is optional: what machine this is. It is called from goroutines of its own.
	Facts func() (*wirepb.MachineInfo, error)

	Updater Updater // optional: without, somebody else brings newer versions

	// Restart is optional: it restarts the machine. It is called from a goroutine of its own.
	Restart func(ctx context.Context) error

	// Elevated says that this service has the rights of the machine, and may take a
	// support session to any of its terminal sessions.
	Elevated bool

	// Elevator is optional: it gets a service of a plain user the rights of the machine.
	Elevator Elevator
	// Handed is what a service that was got so begins with.
	Handed *Handed

	// Alive is optional: the loop calls it this often, so that a service manager
	// notices one that hangs.
	Alive      func()
	AliveEvery time.Duration
}

// Limits of the service.
const (
	// loopQueue is how many events may wait for the loop; their senders wait
	// after that. The loop never blocks, so it is only as long as a burst.
	loopQueue = 64
	// farewell is how long a service that ends may take to tell the broker.
	farewell = 500 * time.Millisecond
)

type agent struct {
	Config
	ctx  context.Context //nolint:containedctx // the loop's own: ends with the work, after the farewell
	do   chan func()
	jobs sync.WaitGroup // every goroutine that the loop starts

	// All below belongs to the loop.
	started   time.Time
	link      *link
	linkState linkStatus
	outbox    outbox
	jti       jtiMemory
	birth     time.Time          // the broker's time when this process was first welcomed
	terminals []terminal.Session // all that there are
	front     terminal.Session   // the one that is served: in front, or where a rep took the session
	present   bool               // front is somebody's desktop
	crew      *crew              // in front; nil: nobody is there
	ending    []*crew            // that were told to end
	helper    *worker            // of crew, as tray
	tray      *worker
	move      *move                  // the session is being taken to another terminal session
	rights    *wirepb.EndpointRights // what the broker was told
	prompt    bool                   // one of our own prompts is open
	quiet     *ipcpb.Quiet           // what its tray waits for; nil: it was told
	session   *session
	account   *account
	rules     rules
	memory    memory
	request   request
	buttons   buttons
	reported  *wirepb.CapabilityReport
	pinning   *pinning      // nil: nobody asks for it
	elevating *elevating    // nil: there is none under way
	notice    *ipcpb.Notice // what the tray shows when it is there
	unpinning bool          // what it installed is being removed
	// uninstalled: this process has nothing to come back to. stop ends the service, as
	// if its ctx had.
	uninstalled bool
	unmade      bool // and its device was made for it
	stop        context.CancelCauseFunc
	adhoc       adhoc
	listening   bool                 // it is looked whether helper and tray answer
	describing  bool                 // a rep waits to hear what machine this is
	restart     *restart             // nil: nobody wants one
	replacing   bool                 // the program is; no session begins
	trial       *wirepb.ProgramTrial // the last; nil: there was none
	restricts   uint32               // how often the helper was told what to hold of the person's own

	line     line
	router   router
	passages passages
	busy     atomic.Bool // there is a session; written by the loop
}

// Run is the service. It returns when ctx ends, with its cause, or when the
// broker refused this device for good, or with an *Over when it was an ad-hoc client.
// Nothing that it started is left.
func Run(ctx context.Context, c Config) error {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	a := &agent{Config: c, ctx: work, stop: stop, do: make(chan func(), loopQueue), started: time.Now()}
	a.line.back = make(chan struct{}, 1)
	a.serveWith(nil)
	if err := a.openMemory(); err != nil {
		return err
	}
	a.loadPolicy()
	a.loadButtons()
	a.recall()
	if err := a.serveEndpoint(cancel); err != nil {
		return err
	}
	a.awaitOffer()
	defer a.stopAdhoc()
	if err := a.takeOver(); err != nil {
		return err
	}
	a.jobs.Go(a.watchTerminals)
	a.jobs.Go(func() { a.connect(cancel) })
	if c.Updater != nil {
		a.jobs.Go(func() { c.Updater.Run(a.ctx, a.standBack, a.tried) })
	}
	if c.Ready != nil {
		c.Ready()
	}
	a.loop(ctx)
	a.stopRules()
	cancel(context.Cause(ctx)) // the first cause stays
	a.jobs.Wait()
	return context.Cause(work)
}

// loop runs what it is handed until the work ends. When ctx ends first, the
// session is ended and the broker told, and then the work ends.
func (a *agent) loop(ctx context.Context) {
	over := ctx.Done()
	var last, alive <-chan time.Time
	if a.Alive != nil && a.AliveEvery > 0 {
		t := time.NewTicker(a.AliveEvery)
		defer t.Stop()
		alive = t.C
	}
	for {
		select {
		case f := <-a.do:
			f()
		case <-alive:
			a.Alive()
		case <-over:
			over = nil
			a.setAside()
			a.endSession(wirepb.EndedBy_ENDED_BY_AGENT, wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN, "the service was stopped", tellPeer)
			a.closeAccount()
			a.stopCrew()
			if a.link != nil {
				a.link.finish()
			}
			last = time.After(farewell)
			if a.link == nil {
				return
			}
		case <-last:
			return
		case <-a.ctx.Done():
			a.endSession(wirepb.EndedBy_ENDED_BY_AGENT, wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN, "the service was stopped", keepQuiet)
			a.closeAccount()
			a.stopCrew()
			return
		}
		if over == nil && a.link == nil {
			return
		}
	}
}

// post hands f to the loop. False: the work is over and f will not run.
func (a *agent) post(f func()) bool {
	select {
	case a.do <- f:
		return true
	case <-a.ctx.Done():
		return false
	}
}

// ask runs f on the loop and waits for it.
func (a *agent) ask(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case a.do <- func() { f(); close(done) }:
	case <-a.ctx.Done():
		return context.Cause(a.ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-a.ctx.Done():
		return context.Cause(a.ctx)
	}
}

// connect keeps a link until the work ends, but for the time in which another service
// has it. A connector that gives up ends the work.
func (a *agent) connect(cancel context.CancelCauseFunc) {
	for {
		away, err := a.connectOnce()
		if a.ctx.Err() != nil {
			return
		}
		if !away {
			if err == nil {
				err = errors.New("no more links")
			}
			a.post(func() { a.setLinkState(refusedStatus(err)) })
			cancel(err)
			return
		}
		select {
		case <-a.line.back:
		case <-a.ctx.Done():
			return
		}
	}
}
