package fleet

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Send queues a message for a device. The error is a CodeError when it is offline.
func (f *Fleet) Send(device string, m *wirepb.BrokerMessage) error {
	f.mu.Lock()
	c := f.online[device]
	f.mu.Unlock()
	if c == nil {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the device is offline")
	}
	return c.send(m)
}

// Linked tells whether a device has a link.
func (f *Fleet) Linked(device string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.online[device] != nil
}

// Online tells whether a device has a link on which its earlier sessions were
// taken up, so that a new one cannot be mistaken for one of those.
func (f *Fleet) Online(device string) bool {
	f.mu.Lock()
	c := f.online[device]
	f.mu.Unlock()
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.takenUp
}

// Capabilities is what a connected device says it can do now; nil when offline.
func (f *Fleet) Capabilities(device string) *wirepb.CapabilityReport {
	f.mu.Lock()
	c := f.online[device]
	f.mu.Unlock()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return proto.CloneOf(c.caps)
}

// Cut ends the link of a revoked device.
func (f *Fleet) Cut(device string) {
	f.mu.Lock()
	c := f.online[device]
	f.mu.Unlock()
	if c != nil {
		c.end(wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "the device was revoked"))
	}
}

// Dismiss ends the link of an ad-hoc device that is not known any more, once it had
// time to read why.
func (f *Fleet) Dismiss(device string) {
	f.mu.Lock()
	c := f.online[device]
	f.mu.Unlock()
	if c == nil {
		return
	}
	f.work.Go(func() {
		select {
		case <-c.link.Done():
		case <-time.After(dismissLinger):
			c.end(wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "the session is over"))
		}
	})
}

// Drain tells every agent to come back after that time and ends its link. They
// are sent back at a rate that a broker can take up: those for which first is
// true at once, the others one after the other. No lock is held while first is
// asked.
func (f *Fleet) Drain(after time.Duration, first func(device string) bool) {
	f.mu.Lock()
	links := slices.Collect(maps.Values(f.online))
	f.mu.Unlock()
	var all sync.WaitGroup
	waiting := 0
	for _, c := range links {
		why := &transport.RetryError{After: after, Err: wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN, "planned restart")}
		if !first(c.device.ID) {
			why.After += time.Duration(waiting) * time.Second / returnRate
			waiting++
		}
		all.Go(func() { c.end(why) })
	}
	all.Wait()
}

// watchRevocations cuts devices that were revoked by another process.
func (f *Fleet) watchRevocations(ctx context.Context) {
	tick := time.NewTicker(revocationCheck)
	defer tick.Stop()
	since := f.conf.Now().Add(-time.Minute)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		ids, err := f.conf.Store.RevokedSince(ctx, since)
		if err != nil {
			f.conf.Log.Error("look for revocations", "error", err)
			continue
		}
		for _, id := range ids {
			if f.Linked(id) {
				f.Cut(id)
				f.conf.Hub.Publish(live.Change{Device: id})
			}
		}
		since = f.conf.Now().Add(-time.Minute) // clocks of two processes are one, commits are not
	}
}

// report filters a capability report.
func report(r *wirepb.CapabilityReport) *wirepb.CapabilityReport {
	const maxMonitors = 32 // more than any desktop has
	one := func(c *wirepb.Capability) *wirepb.Capability {
		if c == nil {
			return nil
		}
		return &wirepb.Capability{Reason: c.Reason, Backend: text.Line(c.Backend, 64), Detail: text.Name(c.Detail)}
	}
	n := &wirepb.CapabilityReport{
		Screen: one(r.GetScreen()), Input: one(r.GetInput()), Consent: one(r.GetConsent()), UserPresent: r.GetUserPresent(),
	}
	for i, m := range r.GetMonitors() {
		if i == maxMonitors {
			break
		}
		n.Monitors = append(n.Monitors, &wirepb.Monitor{
			Id: m.Id, X: m.X, Y: m.Y, Width: m.Width, Height: m.Height, Primary: m.Primary, Name: text.Name(m.Name),
		})
	}
	return n
}
