package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// An ad-hoc client is the customer's client of one support session. It is one program and its
// bundle in one folder, started by hand; everything else that it has is in a private
// folder, and all of it goes when the session ends:
//
//	bundle ──▶ asks: connect to this server? ──▶ enrolls ──▶ serves its session ──▶ removes itself
//	  └ not good: says so    └ No: nothing was done   └ refused: says so; the folder goes
type adhoc struct {
	bundle string // the file
	floor  string // this machine's own policy
	say    tray.Adhoc
}

// errNobodyToAsk: an ad-hoc client never connects unasked.
var errNobodyToAsk = errors.New("no window can be shown on this desktop, so nobody can be asked whether to connect")

// runAdhoc is the whole life of an ad-hoc client.
func runAdhoc(e *env, bundle, floor string) error {
	say, err := tray.NewAdhoc(tray.Own(e.log.With("role", "adhoc")))
	if err != nil {
		return fmt.Errorf("%w: %w", errNobodyToAsk, err)
	}
	c := adhoc{bundle: bundle, floor: floor, say: say}
	b, err := transport.LoadBundle(bundle, time.Now())
	if err == nil && b.Adhoc == nil {
		err = fmt.Errorf("%w: it is not for one session, but called like one", transport.ErrBundle)
	}
	if err != nil {
		c.tell(e, err, "")
		return err
	}
	if yes, err := c.say.Agree(e.ctx, originOf(b.Broker), b.Organisation); err != nil {
		return fmt.Errorf("%w: %w", errNobodyToAsk, err)
	} else if !yes {
		e.log.Info("not connected: the person said no")
		return nil
	}
	state, err := os.MkdirTemp(privateFolder(), "alongside-adhoc-")
	if err != nil {
		return fmt.Errorf("folder of the session: %w", err)
	}
	en, err := c.enroll(e, b, state)
	if err != nil {
		err = errors.Join(err, os.RemoveAll(state))
		c.tell(e, err, originOf(b.Broker))
		return err
	}
	session, _ := b.Adhoc.SessionID() // it was checked
	r := roleConfig{state: state, terminals: "environment", floor: floor, note: newNotifier(e.log), session: session, elevator: agent.NewElevator(e.errOut)}
	if p, ok := newStayPinner(en, floor, e.log); ok {
		r.pinner = p
	}
	err = serve(e, r, en)
	return c.leave(e, state, err)
}

// enroll makes the device of this one session.
func (c adhoc) enroll(e *env, b *transport.Bundle, state string) (*transport.Enrollment, error) {
	id, err := transport.LoadOrCreateIdentity(state)
	if err != nil {
		return nil, err
	}
	i := &invitation{Bundle: b, id: id, state: state, floor: c.floor, log: e.log}
	l, err := i.dial(e.ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close(errEnrolled)
	return i.redeem(e.ctx, l)
}

// leave removes all that there is of the ad-hoc client, whatever ended it: its token is
// spent, and its device is of no more use to anybody.
func (c adhoc) leave(e *env, state string, why error) error {
	end := tray.End{Removed: true}
	var over *agent.Over
	if errors.As(why, &over) {
		end.By, end.Code, end.Rep = over.By, over.Code, over.Rep
	}
	e.log.Info("leaving", "why", why)
	err := os.RemoveAll(state)
	if e := os.Remove(c.bundle); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	removed, again := removeProgram(filepath.Dir(c.bundle))
	if err = errors.Join(err, again); err != nil {
		e.log.Error("not everything could be removed", "err", err)
	}
	end.Removed = removed && err == nil
	if e.ctx.Err() == nil { // else the desktop is going, or somebody stopped it by hand
		if err := c.say.Farewell(e.ctx, end); err != nil {
			e.log.Warn("farewell", "err", err)
		}
	}
	if err != nil {
		return fmt.Errorf("remove the client: %w", err)
	}
	if over == nil && !forgotten(why) && e.ctx.Err() == nil {
		return why
	}
	return nil
}

// forgotten says that the broker knows the device no more, as is usual when its
// session has ended meanwhile.
func forgotten(err error) bool {
	return errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED}) ||
		errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED})
}

// tell shows the person why the ad-hoc client cannot begin.
func (c adhoc) tell(e *env, err error, origin string) {
	if e.ctx.Err() != nil {
		return
	}
	if err := c.say.Tell(e.ctx, troubleOf(err), origin); err != nil {
		e.log.Warn("tell the person", "err", err)
	}
}

func troubleOf(err error) tray.Trouble {
	var refused *wire.CodeError
	switch {
	case errors.Is(err, transport.ErrBundleExpired):
		return tray.ExpiredBundle
	case errors.Is(err, transport.ErrBundle):
		return tray.BadBundle
	case errors.Is(err, transport.ErrPinMismatch):
		return tray.WrongServer
	case errors.Is(err, transport.ErrUnreachable), errors.Is(err, context.DeadlineExceeded):
		return tray.Unreachable
	case errors.As(err, &refused):
		return tray.UsedBundle
	}
	return tray.NoIdea
}

// originOf is a broker's address as people know it from their browser.
func originOf(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port != "443" {
		return "https://" + address
	}
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		host = "[" + host + "]"
	}
	return "https://" + host
}

// privateFolder is where the folder of a session is made: where the system forgets it
// at the latest when the user signs out, if there is such a place.
func privateFolder() string {
	if d := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(d) {
		if fi, err := os.Stat(d); err == nil && fi.IsDir() {
			return d
		}
	}
	return os.TempDir()
}

// besideProgram is the bundle that lies in the folder of this program: the newest
// that is good, or else the newest. None: "".
func besideProgram() string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	all, err := transport.AdhocBundles(filepath.Dir(self))
	if err != nil {
		return ""
	}
	var best string
	var at time.Time
	var good bool
	for _, f := range all {
		fi, err := os.Stat(f)
		if err != nil {
			continue
		}
		_, err = transport.LoadBundle(f, time.Now())
		if ok := err == nil; best == "" || ok && !good || ok == good && fi.ModTime().After(at) {
			best, at, good = f, fi.ModTime(), ok
		}
	}
	return best
}
