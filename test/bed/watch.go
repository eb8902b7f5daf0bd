//go:build linux

package bed

import (
	"context"

	"github.com/alongside-remote/alongside/viewer"
)

// Viewer is a viewer at work.
type Viewer struct {
	*viewer.Session
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // why it ended, once it has
}

// View attaches a viewer with settings of its own to an active session.
func (r *Rep) View(ctx context.Context, b *Broker, session string, o viewer.Options) (*Viewer, error) {
	ticket, header, err := r.ticket(ctx, session)
	if err != nil {
		return nil, err
	}
	stream, _, err := viewer.Dial(ctx, b.Console, ticket, header, nil)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	v := &Viewer{Session: viewer.NewSession(stream, o), cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(v.ended)
		v.err = v.Run(ctx) // it closes the stream
	}()
	return v, nil
}

// Ended is closed when the viewer has ended.
func (v *Viewer) Ended() <-chan struct{} { return v.ended }

// Close ends the viewer and says why it ended: context.Canceled, unless it had
// ended before.
func (v *Viewer) Close() error {
	v.cancel()
	<-v.ended
	return v.err
}
