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
	s, err := l.Open(ctx, wire.Preface{Type: wire.StreamControl})
	if err != nil {
		return nil, fmt.Errorf("control stream: %w", err)
	}
	host, system := machine()
	if err := wire.WriteControl(s, &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Enroll{Enroll: &wirepb.Enroll{
		VersionMin: wire.VersionMin, VersionMax: wire.Version, Token: token, Proof: proof,
		Device: &wirepb.Device{Hostname: host, Os: runtime.GOOS, OsVersion: system, Arch: runtime.GOARCH, AgentVersion: version},
	}}}); err != nil {
		return nil, fmt.Errorf("enroll: %w", err)
	}
	m := &wirepb.BrokerMessage{}
	if err := wire.ReadControl(s, m); err != nil {
		if c := l.Cause(); c != nil {
			err = c // says more
		}
		return nil, fmt.Errorf("answer to enroll: %w", err)
	}
	switch {
	case m.GetRefusal() != nil:
		return nil, refusal(m.GetRefusal())
	case m.GetEnrolled() == nil:
		return nil, fmt.Errorf("answer to enroll: %w", wire.ErrMalformed)
	}
	return m.GetEnrolled(), nil
}
