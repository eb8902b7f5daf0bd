package agent

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// local answers the two verbs of the local endpoint. Nothing that decides a
// session is among them.
type local struct{ a *agent }

// serveEndpoint makes the local endpoint, if one is wanted.
func (a *agent) serveEndpoint(cancel context.CancelCauseFunc) error {
	if a.Endpoint == "" {
		return nil
	}
	e, err := ipc.Listen(a.Endpoint, local{a}, a.Log)
	if errors.Is(err, ipc.ErrUnsupported) {
		a.Log.Warn("no local endpoint", "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	a.jobs.Go(func() {
		if err := e.Serve(a.ctx); a.ctx.Err() == nil {
			cancel(err)
		}
	})
	return nil
}

// Allow lets in whoever owns the service, and the user whose desktop it serves.
func (l local) Allow(p ipc.Peer) bool {
	if p.UID == 0 || int(p.UID) == os.Geteuid() {
		return true
	}
	theirs := false
	err := l.a.ask(l.a.ctx, func() { theirs = l.a.present && l.a.front.UID == p.UID })
	return err == nil && theirs
}

func (l local) Open(ctx context.Context, _ ipc.Peer, button []byte) error {
	var err error
	if e := l.a.ask(ctx, func() {
		if !l.a.tray.ready {
			err = fmt.Errorf("request form: %w: no tray", ipc.ErrUnavailable)
			return
		}
		if len(button) > 0 {
			err = l.a.pressed(button)
			return
		}
		l.a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Form{Form: &ipcpb.RequestFormOpen{}}})
	}); e != nil {
		return e
	}
	return err
}

func (l local) Status(ctx context.Context, _ ipc.Peer) (*ipcpb.TrayStatus, error) {
	var s *ipcpb.TrayStatus
	err := l.a.ask(ctx, func() {
		s = l.a.status()
		s.Capabilities = l.a.capabilities()
	})
	return s, err
}
