package tray_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// patience is for a loaded machine; nothing is measured by it.
const patience = time.Minute

// service is the other end of the tray's pipe.
type service struct {
	t    testing.TB
	conn *ipc.Conn
	got  chan *ipcpb.FromTray
	done chan error // Run's
}

// pipes makes the two ends of a pair of real pipes.
func pipes(t testing.TB) (ours, theirs *ipc.Conn) {
	t.Helper()
	r1, w1, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r2, w2, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return ipc.New(r1, w2), ipc.New(r2, w1)
}

func newService(t testing.TB, conn *ipc.Conn) *service {
	s := &service{t: t, conn: conn, got: make(chan *ipcpb.FromTray, 100), done: make(chan error, 1)}
	go func() {
		defer close(s.got)
		for {
			m := new(ipcpb.FromTray)
			if _, _, err := conn.Receive(m); err != nil {
				return
			}
			s.got <- m
		}
	}()
	return s
}

// start runs a tray and waits for TrayReady.
func start(t testing.TB, o tray.Options) *service {
	t.Helper()
	ours, theirs := pipes(t)
	s := newService(t, ours)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { s.done <- tray.Run(ctx, theirs, o) }()
	t.Cleanup(func() {
		_ = ours.Close()
		select {
		case <-s.done:
		case <-time.After(patience):
			t.Error("the tray did not end with its pipe")
		}
		cancel()
	})
	if s.next().GetReady() == nil {
		t.Fatal("the first message is not TrayReady")
	}
	return s
}

func (s *service) next() *ipcpb.FromTray {
	s.t.Helper()
	select {
	case m, ok := <-s.got:
		if !ok {
			s.t.Fatal("the pipe was closed")
		}
		return m
	case <-time.After(patience):
		s.t.Fatal("no message from the tray")
		return nil
	}
}

// silent fails when a message is there now.
func (s *service) silent() {
	s.t.Helper()
	select {
	case m := <-s.got:
		s.t.Errorf("unexpected message %v", m)
	default:
	}
}

func (s *service) send(m *ipcpb.ToTray) {
	s.t.Helper()
	if err := s.conn.Send(m); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) ask(nonce string, timeout uint32) {
	s.t.Helper()
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{
		Nonce: []byte(nonce), Session: []byte("session"), RepName: "Anna Nováková", Organisation: "Contoso IT",
		Control: true, TimeoutS: timeout,
	}}})
}

// wantPrompt expects the news that a prompt opens or has closed.
func (s *service) wantPrompt(open bool) {
	s.t.Helper()
	m := s.next()
	p, ok := m.Kind.(*ipcpb.FromTray_Prompt)
	if !ok || p.Prompt.Open != open {
		s.t.Fatalf("%v, want PromptState open=%v", m, open)
	}
}

func (s *service) wantAnswer(nonce string, code wirepb.ErrorCode) {
	s.t.Helper()
	m := s.next()
	a := m.GetAnswer()
	if a == nil || string(a.Nonce) != nonce || a.Code != code {
		s.t.Fatalf("%v, want the answer %v to %s", m, code, nonce)
	}
}

// status tells the tray that all is well, but for what edit changes.
func (s *service) status(edit func(*ipcpb.TrayStatus)) {
	st := &ipcpb.TrayStatus{Link: ipcpb.LinkState_LINK_STATE_ONLINE, Organisation: "Contoso IT", RemoteSupport: true}
	edit(st)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Status{Status: st}})
}

// scripted is a service and the person at a scripted screen.
type scripted struct {
	*service
	*prompttest.Script
}

func startScripted(t testing.TB) scripted {
	p := prompttest.NewScript()
	return scripted{start(t, tray.Options{NoIcon: true, Display: ":nowhere", Prompter: p, Config: t.TempDir()}), p}
}

func (s scripted) opened() any {
	s.t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errors.New("no prompt opened"))
	defer cancel()
	r, err := s.Open(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s scripted) press(p prompttest.Press) {
	s.t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errors.New("no prompt took the press"))
	defer cancel()
	if err := s.Do(ctx, p); err != nil {
		s.t.Fatal(err)
	}
}
