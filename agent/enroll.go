package agent

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// enrollTimeout is how long a broker may take to answer Enroll.
const enrollTimeout = 15 * time.Second

// Enroll redeems an enrollment token on a link of its own, for the device key
// that the link was made with. A refusal is a *wire.CodeError.
func Enroll(ctx context.Context, l transport.Link, id *transport.Identity, token, version string) (*wirepb.Enrolled, error) {
	ctx, cancel := context.WithTimeout(ctx, enrollTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { l.Close(context.Cause(ctx)) })
	defer stop()
	proof, err := transport.ProveEnroll(id, l, token)
	if err != nil {
		return nil, err
	}
	host, system := machine()
	m, err := exchange(ctx, l, "enroll", &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Enroll{Enroll: &wirepb.Enroll{
		VersionMin: wire.VersionMin, VersionMax: wire.Version, Token: token, Proof: proof,
		Device: &wirepb.Device{Hostname: host, Os: runtime.GOOS, OsVersion: system, Arch: runtime.GOARCH, AgentVersion: version},
	}}})
	if err == nil && m.GetEnrolled() == nil {
		err = fmt.Errorf("answer to enroll: %w", wire.ErrMalformed)
	}
	if err != nil {
		return nil, err
	}
	return m.GetEnrolled(), nil
}

// Forget asks the broker, on a link of its own, to forget the device whose key it
// was made with. A refusal is a *wire.CodeError.
func Forget(ctx context.Context, l transport.Link, id *transport.Identity) error {
	ctx, cancel := context.WithTimeout(ctx, enrollTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { l.Close(context.Cause(ctx)) })
	defer stop()
	proof, err := transport.ProveForget(id, l)
	if err != nil {
		return err
	}
	m, err := exchange(ctx, l, "forget", &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Forget{Forget: &wirepb.Forget{Proof: proof}}})
	if err == nil && m.GetForgotten() == nil {
		err = fmt.Errorf("answer to forget: %w", wire.ErrMalformed)
	}
	return err
}

// exchange sends the first message of a link and returns the answer to it, which is
// no refusal.
func exchange(ctx context.Context, l transport.Link, what string, first *wirepb.AgentMessage) (*wirepb.BrokerMessage, error) {
	s, err := l.Open(ctx, wire.Preface{Type: wire.StreamControl})
	if err != nil {
		return nil, fmt.Errorf("control stream: %w", err)
	}
	if err := wire.WriteControl(s, first); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	m := &wirepb.BrokerMessage{}
	if err := wire.ReadControl(s, m); err != nil {
		if c := l.Cause(); c != nil {
			err = c // says more
		}
		return nil, fmt.Errorf("answer to %s: %w", what, err)
	}
	if m.GetRefusal() != nil {
		return nil, refusal(m.GetRefusal())
	}
	return m, nil
}
