//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/agent/facts"
	"github.com/alongside-remote/alongside/elevation"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of what is handed over.
const (
	// handTime is how long the service of the user may take to say it.
	handTime = 30 * time.Second
	// maxHandedText is the longest name or path of its desktop.
	maxHandedText = 4 << 10
	maxHandedSays = 64 // messages that may wait for the service of the user
)

// Errors of the elevated role.
var (
	errNotByPkexec = errors.New("this command is started by the service, through pkexec")
	errGivenUp     = errors.New("the service of the user has ended")
	errNotHeard    = errors.New("the service of the user does not listen")
)

// elevatedCmd is the service role with the rights of the machine, for one session that
// it takes over from the service of a user. Its only argument is its name.
type elevatedCmd struct{}

// Run is the elevated role. What it is told comes from a process of a plain user: it
// believes it about that user's session and desktop, and about nothing of the machine's.
func (c *elevatedCmd) Run(e *env) error {
	if os.Geteuid() != 0 {
		return errNotRoot
	}
	uid, err := strconv.ParseUint(os.Getenv("PKEXEC_UID"), 10, 32)
	if err != nil || uid == 0 {
		return errNotByPkexec
	}
	os.Clearenv()
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := elevation.NoCores(); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE) // who reads our log may go first
	conn, err := ipc.Standard()
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	roam()
	frugal(serviceGarbage)
	m, err := awaitHandOver(conn)
	if err != nil {
		return err
	}
	return elevatedRun{env: e, conn: conn, uid: uint32(uid)}.serve(m)
}

// awaitHandOver says that this service is there, and takes what it is handed.
func awaitHandOver(conn *ipc.Conn) (*ipcpb.HandOver, error) {
	if err := conn.Send(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Ready{Ready: &ipcpb.ElevatedReady{}}}); err != nil {
		return nil, err
	}
	late := time.AfterFunc(handTime, func() { _ = conn.Close() })
	defer late.Stop()
	m := &ipcpb.ToElevated{}
	if _, _, err := conn.Receive(m); err != nil {
		return nil, fmt.Errorf("%w: %w", errGivenUp, err)
	}
	if m.GetHandOver() == nil {
		return nil, ipc.ErrMalformed
	}
	return m.GetHandOver(), nil
}

type elevatedRun struct {
	*env
	conn *ipc.Conn
	uid  uint32 // who started it, by pkexec
}

// serve goes on with the session until it is over, and says how it ended.
func (r elevatedRun) serve(m *ipcpb.HandOver) error {
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	out := make(chan *ipcpb.FromElevated, maxHandedSays)
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		for f := range out {
			if err := r.conn.Send(f); err != nil {
				cancel(errNotHeard)
			}
		}
	}()
	go func() {
		for { // nothing more is said: the end of the pipe is the order to end
			if _, _, err := r.conn.Receive(&ipcpb.ToElevated{}); err != nil {
				cancel(errGivenUp)
				return
			}
		}
	}()
	say := func(f *ipcpb.FromElevated) {
		select {
		case out <- f:
		default:
			cancel(errNotHeard)
		}
	}
	err := r.run(ctx, m, say)
	var over *agent.Over
	switch {
	case errors.As(err, &over):
		say(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Over{Over: &ipcpb.ElevatedOver{By: over.By, Code: over.Code, Rep: over.Rep}}})
		err = nil
	case err != nil && ctx.Err() == nil:
		refused := &ipcpb.ElevatedRefused{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL, Detail: err.Error()}
		var ce *wire.CodeError
		if errors.As(err, &ce) {
			refused.Code, refused.Detail = ce.Code, ce.Detail
		}
		say(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Refused{Refused: refused}})
	}
	close(out)
	select {
	case <-wrote:
	case <-time.After(handTime):
	}
	return err
}

func (r elevatedRun) run(ctx context.Context, m *ipcpb.HandOver, say func(*ipcpb.FromElevated)) error {
	if m.Version != version {
		return fmt.Errorf("this is version %s, and not %s", version, m.Version)
	}
	id, err := transport.IdentityOf(m.DeviceKey)
	clear(m.DeviceKey)
	if err != nil {
		return err
	}
	en, err := transport.ParseEnrollment(m.Enrollment)
	if err != nil {
		return err
	}
	floor, stricter, err := r.floor(m.Floor)
	if err != nil {
		return err
	}
	at, err := terminalOf(m.Terminal, r.uid)
	if err != nil {
		return err
	}
	session, err := sessionOf(m.Session)
	if err != nil {
		return err
	}
	var all terminal.Watcher
	for _, b := range terminal.Backends() {
		if all, err = b.Open(ctx, terminal.Options{Log: r.log}); err == nil {
			break
		}
		all = nil
		r.log.Info("terminal sessions", "backend", b.Name, "err", err)
	}
	w := terminal.Handed(at, all)
	defer func() { _ = w.Close() }()
	d := dialer(en, id, floor, r.log)
	return agent.Run(ctx, agent.Config{
		Identity: id, Enrollment: en, Terminals: w, Log: r.log.With("device", en.DeviceID, "role", "elevated"),
		Connect: func(ctx context.Context, hurry func() bool, serve func(context.Context, transport.Link) error) error {
			rc := transport.Reconnect{Log: r.log, Hurry: hurry}
			return rc.Run(ctx, d.Dial, serve)
		},
		Start: agent.Launcher(r.errOut, "--log-level="+r.level), Floor: floor, GrantKey: en.GrantKey, Organisation: en.Organisation,
		Broker: en.Broker, Version: version, Elevated: true, Session: session, Facts: facts.Read,
		Pinner: servicePinner{machine: thisMachine(r.log), by: en, stricter: stricter, log: r.log},
		Handed: &agent.Handed{Session: m.Session, Memory: m.Memory, Terminal: at, Adhoc: m.Adhoc, Say: say},
	})
}

// floor is the machine's own, and whatever the user's service was stricter in.
func (r elevatedRun) floor(users []byte) (f policy.Floor, stricter bool, err error) {
	var theirs policy.Floor
	if err := json.Unmarshal(users, &theirs); err != nil {
		return f, false, err
	}
	machines, err := agent.ReadFloor(agent.FloorPath)
	f = policy.Stricter(machines, theirs)
	return f, f != machines, err
}

func sessionOf(s *ipcpb.HandedSession) (wire.SessionID, error) {
	return wire.ParseSessionID(s.GetSummary().GetSession())
}

// terminalOf is the desktop of a user. Whose it is, and what that user is called, the
// system says; the rest goes to processes of that user alone.
func terminalOf(t *ipcpb.HandedTerminal, uid uint32) (terminal.Session, error) {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return terminal.Session{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return terminal.Session{}, err
	}
	for _, text := range []string{t.GetId(), t.GetDisplay(), t.GetWaylandDisplay(), t.GetXauthority(), t.GetRuntimeDir(), t.GetBus()} {
		if len(text) > maxHandedText {
			return terminal.Session{}, ipc.ErrMalformed
		}
	}
	if t.GetId() == "" || t.GetXauthority() != "" && !filepath.IsAbs(t.GetXauthority()) {
		return terminal.Session{}, ipc.ErrMalformed
	}
	return terminal.Session{
		ID: t.GetId(), User: u.Username, UID: uid, GID: uint32(gid), Home: u.HomeDir,
		Display: t.GetDisplay(), WaylandDisplay: t.GetWaylandDisplay(), XAuthority: t.GetXauthority(), RuntimeDir: t.GetRuntimeDir(),
		Bus: t.GetBus(), Locale: t.GetLocale(), Graphical: t.GetDisplay() != "" || t.GetWaylandDisplay() != "", Active: true,
	}, nil
}
