package agent

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of a link.
const (
	// helloTimeout is how long a broker may take to answer Hello.
	helloTimeout = 10 * time.Second
	// linkQueue is how many messages may wait for a slow link. More means that
	// the broker does not read: the link is given up.
	linkQueue = 64
	// writeTimeout is how long one message may take to be taken by the link.
	writeTimeout = 10 * time.Second
	// Bounds and default of what Welcome may set as the interval of heartbeats.
	minHeartbeat     = time.Second
	maxHeartbeat     = time.Minute
	defaultHeartbeat = 15 * time.Second
	// hurriedHeartbeat is the interval during a session: a broker that was
	// restarted answers the first packet with a reset, so this is how long the
	// restart can go unnoticed.
	hurriedHeartbeat = time.Second
)

// Causes for which we end a link; another one is made.
var (
	errSilent   = errors.New("broker is silent")
	errNotRead  = errors.New("broker does not read")
	errNoAnswer = errors.New("broker does not answer hello")
)

// link is one link that the broker has welcomed. Its fields but heard are
// written before anybody else sees it.
type link struct {
	l       transport.Link
	out     chan *wirepb.AgentMessage // loop → writer; closed by finish
	closed  bool                      // out is; the loop's
	summing bool                      // a summary waits for its confirmation; the loop's
	welcome *wirepb.Welcome
	at      time.Time // when welcome arrived
	heard   atomic.Int64
}

// now is the broker's time, by its welcome and our monotonic clock since.
func (k *link) now() time.Time {
	return time.UnixMilli(k.welcome.ServerTimeUnixMs).Add(time.Since(k.at))
}

func (k *link) interval() time.Duration {
	d := time.Duration(k.welcome.HeartbeatIntervalMs) * time.Millisecond
	if d == 0 {
		return defaultHeartbeat
	}
	return min(max(d, minHeartbeat), maxHeartbeat)
}

// finish lets the writer send what waits and then end the link. The loop calls it.
func (k *link) finish() {
	if !k.closed {
		k.closed = true
		close(k.out)
	}
}

// serve runs one link to its end. It is the Connector's callback.
func (a *agent) serve(ctx context.Context, l transport.Link) (err error) {
	defer func() { l.Close(err) }()
	stop := context.AfterFunc(ctx, func() { l.Close(context.Cause(ctx)) })
	defer stop()

	k := &link{l: l, out: make(chan *wirepb.AgentMessage, linkQueue)}
	s, err := a.greet(ctx, k)
	if err != nil {
		var refused *wire.CodeError
		if errors.As(err, &refused) {
			status := refusedStatus(err)
			a.post(func() { a.setLinkState(status) })
		}
		return err
	}
	if !a.post(func() { a.linkUp(k) }) {
		return context.Cause(a.ctx)
	}
	wrote := make(chan struct{})
	go func() { defer close(wrote); k.write(s, a.busy.Load) }()
	cause := a.readLink(k, s)
	l.Close(cause)
	// The loop closes out, which ends the writer, unless finish already did.
	a.post(func() { a.linkDown(k, cause) })
	<-wrote
	if c := l.Cause(); c != nil {
		return c
	}
	return cause
}

// greet opens the control stream and says hello.
func (a *agent) greet(ctx context.Context, k *link) (transport.Stream, error) {
	timer := time.AfterFunc(helloTimeout, func() { k.l.Close(errNoAnswer) })
	defer timer.Stop()
	s, err := k.l.Open(ctx, wire.Preface{Type: wire.StreamControl})
	if err != nil {
		return nil, fmt.Errorf("control stream: %w", err)
	}
	hello := &wirepb.Hello{VersionMin: wire.VersionMin, VersionMax: wire.Version}
	if err := a.ask(ctx, func() {
		a.setLinkState(connectingStatus())
		hello.Device = a.device()
		hello.Capabilities = a.capabilities()
		if s := a.session; s != nil && s.phase == phaseActive {
			hello.ActiveSessions = [][]byte{s.id[:]}
		}
		a.reported = hello.Capabilities
	}); err != nil {
		return nil, err
	}
	if err := wire.WriteControl(s, &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Hello{Hello: hello}}); err != nil {
		return nil, fmt.Errorf("hello: %w", err)
	}
	m := &wirepb.BrokerMessage{}
	if err := wire.ReadControl(s, m); err != nil {
		return nil, fmt.Errorf("answer to hello: %w", err)
	}
	switch {
	case m.GetRefusal() != nil:
		return nil, refusal(m.GetRefusal())
	case m.GetWelcome() == nil:
		return nil, fmt.Errorf("answer to hello: %w", wire.ErrMalformed)
	case m.GetWelcome().Version < wire.VersionMin || m.GetWelcome().Version > wire.Version:
		return nil, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_VERSION_UNSUPPORTED}
	}
	k.welcome, k.at = m.GetWelcome(), time.Now()
	k.heard.Store(int64(time.Since(a.started)))
	return s, nil
}

func (a *agent) readLink(k *link, s transport.Stream) error {
	for {
		m := &wirepb.BrokerMessage{}
		if err := wire.ReadControl(s, m); err != nil {
			return fmt.Errorf("control stream: %w", err)
		}
		k.heard.Store(int64(time.Since(a.started)))
		if r := m.GetRefusal(); r != nil && ends(r.Code) {
			return refusal(r)
		}
		if m.GetHeartbeat() != nil {
			continue // an answer to ours
		}
		if !a.post(func() { a.received(k, m) }) {
			return context.Cause(a.ctx)
		}
	}
}

// ends says whether a refusal is about the link and not about one message.
func ends(c wirepb.ErrorCode) bool {
	switch c {
	case wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED, wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED,
		wirepb.ErrorCode_ERROR_CODE_REPLACED, wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN,
		wirepb.ErrorCode_ERROR_CODE_VERSION_UNSUPPORTED:
		return true
	default:
		return false
	}
}

func refusal(r *wirepb.Refusal) error {
	err := error(&wire.CodeError{Code: r.Code, Detail: r.Detail})
	if r.RetryAfterMs > 0 {
		err = &transport.RetryError{After: time.Duration(r.RetryAfterMs) * time.Millisecond, Err: err}
	}
	return err
}

// write sends what waits and a heartbeat when it is time, until out is closed
// or the link ends.
func (k *link) write(s transport.Stream, busy func() bool) {
	t := time.NewTimer(k.interval())
	defer t.Stop()
	var seq uint64
	hurried := false
	begun := time.Now().Add(-time.Duration(k.heard.Load()))
	for {
		var m *wirepb.AgentMessage
		select {
		case next, ok := <-k.out:
			if !ok {
				// What was written still has to be read before the link goes.
				_ = s.Close()
				return
			}
			m = next
			if busy() && !hurried { // the session has just begun
				hurried = true
				t.Reset(min(k.interval(), hurriedHeartbeat))
			}
		case <-t.C:
			next := k.interval()
			if hurried = busy(); hurried {
				next = min(next, hurriedHeartbeat)
			}
			t.Reset(next)
			if time.Since(begun)-time.Duration(k.heard.Load()) > 2*k.interval() {
				k.l.Close(errSilent)
				return
			}
			seq++
			m = &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Heartbeat{Heartbeat: &wirepb.Heartbeat{
				Seq: seq, Padding: make([]byte, wire.HeartbeatPadding),
			}}}
		case <-k.l.Done():
			return
		}
		_ = s.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err := wire.WriteControl(s, m); err != nil {
			k.l.Close(fmt.Errorf("control stream: %w", err))
			return
		}
	}
}

// device describes this machine. The loop calls it.
func (a *agent) device() *wirepb.Device {
	host, version := machine()
	d := &wirepb.Device{
		Hostname: host, Os: runtime.GOOS, OsVersion: version, Arch: runtime.GOARCH, AgentVersion: a.Version,
	}
	if a.present {
		d.User = a.front.User
	}
	return d
}
