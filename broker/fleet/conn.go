package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// conn is the link of a device that was let in.
type conn struct {
	link   transport.Link
	st     transport.Stream // for control; written by one goroutine at a time
	device store.Device
	log    *slog.Logger
	work   sync.WaitGroup // of the link's goroutines

	mu      sync.Mutex
	caps    *wirepb.CapabilityReport
	takenUp bool                    // its sessions were taken up: new ones may be started
	out     []*wirepb.BrokerMessage // to be written, at most sendQueue
	writing bool                    // a goroutine writes them
	over    bool                    // nothing is written any more
}

var errSlowAgent = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BUSY, Detail: "messages are not being read"}

// send queues a message and never blocks. Who writes is started when there is
// something to write: an idle link keeps no goroutine for it.
func (c *conn) send(m *wirepb.BrokerMessage) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.link.Done():
		c.over = true
	default:
	}
	if c.over {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "")
	}
	if len(c.out) == sendQueue {
		go c.link.Close(errSlowAgent) // Close may wait for the peer, at most a second
		return errSlowAgent
	}
	c.out = append(c.out, m)
	if !c.writing {
		c.writing = true
		c.work.Go(c.write)
	}
	return nil
}

// close lets nothing more be sent and waits for the link's goroutines.
func (c *conn) close() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.work.Wait()
}

// run is the life of a link after its hello was accepted.
func (f *Fleet) run(ctx context.Context, l transport.Link, st transport.Stream, d store.Device, hello *wirepb.Hello, h Handler, log *slog.Logger) {
	transport.Admit(l)
	c := &conn{link: l, st: st, device: d, log: log}
	c.caps = report(hello.Capabilities)
	v, _ := version(hello.VersionMin, hello.VersionMax)
	welcome := &wirepb.Welcome{
		Version: v, Organisation: f.conf.Organisation(), HeartbeatIntervalMs: uint32(f.conf.Heartbeat.Milliseconds()),
		ServerTimeUnixMs: f.conf.Now().UnixMilli(), GrantKey: f.conf.GrantKey,
	}
	_ = c.send(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Welcome{Welcome: welcome}}) // of a link that has ended: seen below
	f.enter(c)
	log.Info("agent online", "hostname", d.Hostname)
	var active []wire.SessionID
	for _, b := range hello.ActiveSessions {
		if id, err := wire.ParseSessionID(b); err == nil && len(active) < maxActive {
			active = append(active, id)
		}
	}
	h.Connected(d, active)
	c.mu.Lock()
	c.takenUp = true
	c.mu.Unlock()
	f.conf.Hub.Publish(live.Change{Device: d.ID})
	c.work.Go(func() { c.media(ctx, h) })
	err := f.read(c, st, h)
	l.Close(err)
	c.close()
	if cause := l.Cause(); cause != nil {
		err = cause
	}
	current := f.leave(c)
	log.Info("agent offline", "cause", err, "replaced", !current)
	if current {
		now := f.conf.Now()
		c.device.LastSeen = now
		if err := f.conf.Store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.SeeDevice(c.device) }); err != nil {
			log.Error("note device", "error", err)
		}
		h.Lost(d.ID)
		f.conf.Hub.Publish(live.Change{Device: d.ID})
	}
}

// maxActive bounds the sessions that an agent may claim: it can have one.
const maxActive = 4

// enter makes c the device's link and ends an older one.
func (f *Fleet) enter(c *conn) {
	f.mu.Lock()
	old := f.online[c.device.ID]
	f.online[c.device.ID] = c
	f.mu.Unlock()
	if old != nil {
		f.work.Go(func() { old.end(wire.Refuse(wirepb.ErrorCode_ERROR_CODE_REPLACED, "the same device connected again")) })
	}
}

// end tells the agent why and closes the link.
func (c *conn) end(why error) { c.link.Close(why) }

func (f *Fleet) leave(c *conn) (current bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.online[c.device.ID] != c {
		return false
	}
	delete(f.online, c.device.ID)
	return true
}

// write sends what is queued until nothing is.
func (c *conn) write() {
	for {
		c.mu.Lock()
		if len(c.out) == 0 {
			c.out, c.writing = nil, false
			c.mu.Unlock()
			return
		}
		m := c.out[0]
		c.out = c.out[1:]
		c.mu.Unlock()
		_ = c.st.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err := wire.WriteControl(c.st, m); err != nil {
			c.mu.Lock()
			c.over = true // and writing: nobody starts again
			c.mu.Unlock()
			c.link.Close(fmt.Errorf("control stream: %w", err))
			return
		}
	}
}

// media takes the agent's streams.
func (c *conn) media(ctx context.Context, h Handler) {
	for {
		st, p, err := c.link.Accept(ctx)
		if err != nil {
			c.link.Close(err)
			return
		}
		switch p.Type {
		case wire.StreamMedia:
			h.Media(c.device.ID, p.Session, p.Viewer, st)
		case wire.StreamFile:
			h.File(c.device.ID, p.Session, p.Viewer, st)
		case wire.StreamControl:
			st.Reset()
			c.link.Close(&wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_MALFORMED, Detail: "a second control stream"})
			return
		}
	}
}

var errSilent = errors.New("no heartbeat")

// read takes control messages until the link ends.
func (f *Fleet) read(c *conn, st transport.Stream, h Handler) error {
	quiet := silentBeats * f.conf.Heartbeat
	timer := time.AfterFunc(quiet, func() { c.link.Close(errSilent) })
	defer timer.Stop()
	limit := newMessageLimiter()
	var beat uint64
	for {
		m := new(wirepb.AgentMessage)
		if err := wire.ReadControl(st, m); err != nil {
			return fmt.Errorf("control stream: %w", err)
		}
		timer.Reset(quiet)
		if b := m.GetHeartbeat(); b != nil {
			// Each is answered once: an answer to an answer would never end.
			if b.Seq > beat {
				beat = b.Seq
				if err := c.send(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Heartbeat{Heartbeat: &wirepb.Heartbeat{
					Seq: b.Seq, Padding: make([]byte, wire.HeartbeatPadding),
				}}}); err != nil {
					return err
				}
			}
			continue
		}
		if !limit.Allow() {
			return &transport.RetryError{After: busyRetry, Err: wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "too many messages")}
		}
		switch k := m.Kind.(type) {
		case *wirepb.AgentMessage_Capabilities:
			c.mu.Lock()
			c.caps = report(k.Capabilities)
			c.mu.Unlock()
			f.conf.Hub.Publish(live.Change{Device: c.device.ID})
		case *wirepb.AgentMessage_ProgramTrial:
			if err := f.tried(context.Background(), c.device, k.ProgramTrial); err != nil {
				c.log.Error("keep what became of a new version", "error", err)
			}
		case *wirepb.AgentMessage_Refusal:
			c.log.Info("agent refused a message", "code", wire.CodeName(k.Refusal.Code))
		case *wirepb.AgentMessage_Hello, *wirepb.AgentMessage_Enroll, *wirepb.AgentMessage_Forget:
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "out of order")
		case nil: // of a newer protocol
		default:
			h.Message(c.device, m)
		}
	}
}
