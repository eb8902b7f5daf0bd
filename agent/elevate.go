package agent

import (
	"context"
	"crypto/hpke"
	"errors"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/elevation/polkit"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/redact"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of an elevation.
const (
	// maxElevateOrders is how many orders a session has, with those that came to no try
	// because the person in front did not agree: more is no asking any more.
	maxElevateOrders = 8
	// elevateTime is how long the system may take to ask: a person has to fetch somebody
	// who knows a password.
	elevateTime = 3 * time.Minute
	// handTime is how long the other service may take to be linked with the session that
	// it was handed: many times what that takes on a busy machine.
	handTime = 30 * time.Second
)

// elevating is a session on its way to a service with the rights of the machine:
//
//	the person in front is asked ▶ the system is asked ▶ that service is there ▶ views
//	close, last counts ▶ handed over ▶ its link replaces ours ▶ away, until it has ended ▶
//	this service serves again
//
// Where the system asks the person itself, that is the only question. Until the link is
// replaced, everything goes back to how it was.
type elevating struct {
	order  *wirepb.Elevate
	nonce  []byte             // of the question to the person; nil: none stands
	answer signed             // of that person
	cancel context.CancelFunc // nil: the system is not asked yet
	child  Child              // nil: it has not agreed yet
	sent   bool               // it was handed the session
	away   bool               // and has it
	timer  *time.Timer
	s      *session // whose rep and notice it is
	memory []byte   // what it remembers, as it said last
	over   *ipcpb.ElevatedOver
	why    *ipcpb.ElevatedRefused
}

// hands says that the session is being handed over: nothing new is opened for it here.
func (e *elevating) hands() bool { return e != nil && e.child != nil }

// sealing is what a session has of keys and tries. The key is of this session only.
type sealing struct {
	key    hpke.PrivateKey
	offer  *wirepb.ElevationOffer
	tries  int
	nonces [][]byte
}

// prepareElevation makes the key of a session that begins, where there is a use for it.
func (a *agent) prepareElevation(s *session) {
	if a.Elevated || a.Elevator == nil {
		return
	}
	methods := a.Elevator.Methods()
	if len(methods) == 0 {
		return
	}
	key, offer, err := wire.NewSealingKey(s.id, a.Identity.Sign)
	if err != nil {
		s.log.Error("sealing key", "err", err)
		return
	}
	offer.Methods = methods
	s.sealing = sealing{key: key, offer: offer}
}

// elevate begins with a try that a rep wants. Each order gets an answer. Runs on the
// loop, as all of this file.
func (a *agent) elevate(m *wirepb.Elevate) {
	if err := wire.CheckElevate(m); err != nil {
		a.refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, err.Error())
		return
	}
	s := a.session
	no := func(code wirepb.ErrorCode, detail string) {
		a.Log.Info("not elevated", "rep", m.RepId, "code", wire.CodeName(code), "detail", detail)
		a.tellElevation(&elevating{order: m}, wirepb.ElevationState_ELEVATION_STATE_REFUSED, code, detail)
	}
	switch {
	case s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session):
		no(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "")
	case a.Elevated:
		no(wirepb.ErrorCode_ERROR_CODE_ALREADY_ELEVATED, "")
	case s.sealing.offer == nil || !slices.Contains(s.sealing.offer.Methods, m.Method):
		no(wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE, "")
	case s.external(m.RepId):
		no(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "")
	case s.held:
		no(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "")
	case a.elevating != nil || a.move != nil:
		no(wirepb.ErrorCode_ERROR_CODE_BUSY, "another try, or a switch, is under way")
	case s.sealing.tries >= wire.MaxElevations, len(s.sealing.nonces) >= maxElevateOrders:
		no(wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES, "")
	case slices.ContainsFunc(s.sealing.nonces, func(n []byte) bool { return string(n) == string(m.Nonce) }):
		no(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "the nonce was used before")
	default:
		s.sealing.nonces = append(s.sealing.nonces, m.Nonce)
		a.elevating = &elevating{order: m, s: s}
		a.keepRestriction() // the system may ask the person
		if m.Method == wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER {
			a.askElevation(a.elevating)
			return
		}
		a.tryElevation(a.elevating)
	}
}

// external says that a rep is not in the session, or has no account.
func (s *session) external(rep string) bool {
	i := slices.IndexFunc(s.people(), func(p *wirepb.Participant) bool { return p.RepId == rep })
	return i < 0 || s.people()[i].External
}

// tryElevation has the system asked. Only here sealed credentials are opened.
func (a *agent) tryElevation(e *elevating) {
	s, m := e.s, e.order
	s.sealing.tries++
	var c *polkit.Credentials
	if m.Method == wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER {
		var err error
		if c, err = credentials(s, m); err != nil {
			a.refuseElevation(e, wirepb.ErrorCode_ERROR_CODE_MALFORMED, err.Error())
			return
		}
	}
	s.log.Info("elevation is being asked for", "by", m.RepId, "method", m.Method.String(), "try", s.sealing.tries)
	ctx, cancel := context.WithTimeout(a.ctx, elevateTime)
	e.cancel = cancel
	a.tellElevation(e, wirepb.ElevationState_ELEVATION_STATE_ASKING, 0, "")
	a.jobs.Go(func() {
		defer cancel()
		child, err := elevate(ctx, a.Elevator, c)
		if !a.post(func() { a.elevateAnswered(e, child, err) }) && child != nil {
			end(child)
		}
	})
}

// credentials opens those of an order, once.
func credentials(s *session, m *wirepb.Elevate) (c *polkit.Credentials, err error) {
	defer redact.Contain(&err)
	user, password, err := wire.OpenCredentials(s.sealing.key, s.id, m.Nonce, m.Sealed)
	m.Sealed = nil
	if err != nil {
		return nil, err
	}
	return &polkit.Credentials{User: user, Password: password}, nil
}

func elevate(ctx context.Context, e Elevator, c *polkit.Credentials) (child Child, err error) {
	defer redact.Contain(&err)
	return e.Elevate(ctx, c)
}

// elevateAnswered takes what the system has said.
func (a *agent) elevateAnswered(e *elevating, child Child, err error) {
	if a.elevating != e { // the session is over
		if child != nil {
			a.jobs.Go(func() { end(child) })
		}
		return
	}
	if err != nil {
		var why *wire.CodeError
		if !errors.As(err, &why) {
			why = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL, Detail: err.Error()}
		}
		a.refuseElevation(e, why.Code, why.Detail)
		return
	}
	e.child = child
	a.tellElevation(e, wirepb.ElevationState_ELEVATION_STATE_MOVING, 0, "")
	a.closeViews()
	if len(a.account.views) == 0 {
		a.handOver(e)
		return
	}
	e.timer = time.AfterFunc(lastCounts, func() { a.post(func() { a.handOver(e) }) })
}

// closeViews closes the helper's views, so that its last counts come. The viewers stay.
func (a *agent) closeViews() {
	a.router.gap()
	for _, v := range a.router.all() {
		a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Close{Close: &ipcpb.CloseView{Viewer: v.id}}})
	}
}

// dropElevation ends what an elevation has begun: the session is over.
func (a *agent) dropElevation() {
	e := a.elevating
	if e == nil || e.away {
		return
	}
	a.elevating = nil
	e.stopTimer()
	e.order.Sealed = nil
	if e.nonce != nil {
		a.tray.send(withdraw(e.nonce))
	}
	if e.cancel != nil {
		e.cancel()
	}
	if e.child != nil {
		a.jobs.Go(func() { end(e.child) })
	}
}

func (e *elevating) stopTimer() {
	if e.timer != nil {
		e.timer.Stop()
	}
}

// giveUpElevation goes on as before.
func (a *agent) giveUpElevation(code wirepb.ErrorCode, detail string) {
	e := a.elevating
	a.refuseElevation(e, code, detail)
	for _, v := range a.router.all() {
		a.openView(v)
	}
	a.flow()
}

// refuseElevation ends a try that came to nothing.
func (a *agent) refuseElevation(e *elevating, code wirepb.ErrorCode, detail string) {
	a.dropElevation()
	e.s.log.Info("not elevated", "code", wire.CodeName(code), "detail", detail)
	a.tellElevation(e, wirepb.ElevationState_ELEVATION_STATE_REFUSED, code, detail)
}

func (a *agent) tellElevation(e *elevating, s wirepb.ElevationState, code wirepb.ErrorCode, detail string) {
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ElevateResult{ElevateResult: &wirepb.ElevateResult{
		Session: e.order.Session, Nonce: e.order.Nonce, State: s, Code: code, Detail: detail,
		Receipt: e.answer.Text, ReceiptSignature: e.answer.Signature,
	}}})
}
