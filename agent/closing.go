package agent

import (
	"context"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of what is done when a session is over.
const (
	// closingCall is how long the system may take to take the order.
	closingCall = 5 * time.Second
	// lockTime is how long it may take until the screen is said to be locked, and
	// logOffTime until a login is gone: many times what either takes.
	lockTime   = 10 * time.Second
	logOffTime = 30 * time.Second
)

// closing is what is being done with the terminal session of a support session that is
// over:
//
//	the system is told ▶ its sessions change ▶ the summary says so
//	                   └ they do not in time ▶ the summary says that
//
// It belongs to the loop.
type closing struct {
	what  wirepb.AtEnd
	at    terminal.Session
	timer *time.Timer // nil: the system has not answered yet
}

func (c *closing) stop() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

// close does with the terminal session what grant or floor want at the end of s, and
// says what that is; nothing of it is waited for. Where somebody else is asked to go on
// it is the one of whoever said the last Yes.
func (a *agent) close(s *session) wirepb.AtEnd {
	what := a.Floor.Closes(s.grant)
	at, there := a.place(s.terminal)
	if s.phase != phaseActive || s.returns || !there || at.Greeter || what == wirepb.AtEnd_AT_END_NOTHING {
		return wirepb.AtEnd_AT_END_UNSPECIFIED
	}
	c := &closing{what: what, at: at}
	a.account.closing, a.account.summary.AtEnd = c, what
	k, can := a.Terminals.(terminal.Keeper)
	if !can {
		a.closed(c, terminal.ErrUnsupported)
		return wirepb.AtEnd_AT_END_UNSPECIFIED
	}
	do := k.Lock
	if what == wirepb.AtEnd_AT_END_LOG_OFF {
		do = k.LogOff
	}
	a.jobs.Go(func() {
		// Also when this service is ending.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), closingCall)
		defer cancel()
		err := do(ctx, at)
		a.post(func() { a.ordered(c, err) })
	})
	return what
}

// ordered is the system's answer to the order.
func (a *agent) ordered(c *closing, err error) {
	if a.account == nil || a.account.closing != c {
		return
	}
	if err != nil {
		a.closed(c, err)
		return
	}
	limit := lockTime
	if c.what == wirepb.AtEnd_AT_END_LOG_OFF {
		limit = logOffTime
	}
	c.timer = time.AfterFunc(limit, func() {
		a.post(func() { a.closed(c, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_AT_END_UNCONFIRMED}) })
	})
	a.lookClosed()
}

// lookClosed looks whether the terminal session has become what it is to become. One
// that is gone needs no lock.
func (a *agent) lookClosed() {
	if a.account == nil || a.account.closing == nil {
		return
	}
	c := a.account.closing
	at, there := a.place(c.at)
	if !there || c.what == wirepb.AtEnd_AT_END_LOCK && at.Locked {
		a.closed(c, nil)
	}
}

// closed is the end of it, with why it was not done.
func (a *agent) closed(c *closing, err error) {
	if a.account == nil || a.account.closing != c {
		return
	}
	c.stop()
	code := wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED
	var known *wire.CodeError
	switch {
	case err == nil, errors.Is(err, terminal.ErrGone):
	case errors.As(err, &known):
		code = known.Code
	case errors.Is(err, terminal.ErrDenied):
		code = wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION
	case errors.Is(err, terminal.ErrUnsupported):
		code = wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE
	default:
		code = wirepb.ErrorCode_ERROR_CODE_AT_END_FAILED
	}
	a.Log.Info("at the end of the session", "terminal", c.at.ID, "what", c.what.String(), "code", wire.CodeName(code), "err", err)
	a.account.closing, a.account.summary.AtEndCode = nil, code
	if code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED && samePlace(c.at, a.front) {
		a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Notice{Notice: &ipcpb.Notice{Kind: ipcpb.NoticeKind_NOTICE_KIND_AT_END_FAILED, AtEnd: c.what}}})
	}
	if a.account.over {
		a.countedAll()
	}
}
