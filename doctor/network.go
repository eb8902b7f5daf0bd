package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
)

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// network dials the broker each way. The handshake proves both keys; nothing is
// said after it, so the service's own link is not disturbed.
func network(ctx context.Context, c Config, e *transport.Enrollment) []Finding {
	ways := []Finding{{Name: "quic", State: Unknown}, {Name: "wss", State: Unknown}}
	if e == nil {
		return ways
	}
	id, err := transport.LoadOrCreateIdentity(c.State)
	if err != nil {
		for i := range ways {
			ways[i].Detail = err.Error()
		}
		return ways
	}
	floor, _ := agent.ReadFloor(c.Floor) // said where the state is looked at
	for i, way := range []string{transport.QUIC, transport.WSS} {
		d := &transport.Dialer{Broker: e.Broker, Pins: e.Pins, Identity: id, Log: c.Log, Transport: way, Proxy: floor.ProxyURL()}
		begin := time.Now()
		l, err := d.Dial(ctx)
		if err == nil {
			ways[i].Detail = fmt.Sprintf("%s answers after %v", e.Broker, time.Since(begin).Round(time.Millisecond))
			l.Close(nil)
		}
		ways[i] = reached(ways[i], err)
	}
	if ways[0].State == Works || ways[1].State == Works {
		for i := range ways {
			if ways[i].Reason == "unreachable" {
				ways[i].State = Limited
				ways[i].Advice = "The other way works and is used. QUIC needs UDP to that port; both are better."
			}
		}
	}
	return ways
}

func reached(f Finding, err error) Finding {
	switch {
	case err == nil:
		f.State = Works
	case errors.Is(err, transport.ErrPinMismatch):
		f.State, f.Reason, f.Detail = Fails, "broker_key", err.Error()
		f.Advice = "Somebody else answers at the broker's address, or the broker was replaced: ask your administrator for a new bundle."
	case errors.Is(err, transport.ErrUnreachable):
		f.State, f.Reason, f.Detail = Fails, "unreachable", err.Error()
		f.Advice = "Check the network, the broker's address and what the firewall lets out."
	default:
		f.Detail = err.Error()
	}
	return f
}

// service asks the service that runs on this machine.
func service(ctx context.Context, ask Service) (*ipcpb.TrayStatus, Finding) {
	f := Finding{Name: "service", State: Works}
	s, err := ask(ctx)
	switch {
	case errors.Is(err, ipc.ErrNoService):
		f.State, f.Reason, f.Detail = Fails, "no_service", "none is running"
		f.Advice = "Start the service, or run: alongside run"
		return nil, f
	case err != nil:
		f.State, f.Detail = Unknown, err.Error()
		return nil, f
	}
	link := s.GetLink()
	f.Detail = "its link to the broker is " + linkWords[link]
	if s.GetDetail() != "" {
		f.Detail += " (" + s.GetDetail() + ")"
	}
	switch link {
	case ipcpb.LinkState_LINK_STATE_ONLINE:
	case ipcpb.LinkState_LINK_STATE_NOT_ENROLLED:
		f.State, f.Reason, f.Advice = Fails, "not_enrolled", "The broker does not know this device any more: enroll it again."
	case ipcpb.LinkState_LINK_STATE_REFUSED:
		f.State, f.Reason, f.Advice = Fails, "refused", "Ask your administrator; the service does not try again by itself."
	default:
		f.State, f.Reason, f.Advice = Fails, "connecting", "See quic and wss above."
	}
	if f.State == Works && !s.GetRemoteSupport() {
		f.State, f.Reason, f.Advice = Fails, "policy_denied", "Remote support is switched off for this device by policy."
	}
	return s, f
}

var linkWords = map[ipcpb.LinkState]string{
	ipcpb.LinkState_LINK_STATE_UNSPECIFIED:  "not known",
	ipcpb.LinkState_LINK_STATE_CONNECTING:   "being made",
	ipcpb.LinkState_LINK_STATE_ONLINE:       "up",
	ipcpb.LinkState_LINK_STATE_REFUSED:      "refused",
	ipcpb.LinkState_LINK_STATE_NOT_ENROLLED: "refused",
}
