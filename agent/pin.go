package agent

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Pinner makes this endpoint outlast a session, and undoes that. Its methods but
// Mode are called from goroutines of their own, one at a time. A *wire.CodeError of its
// methods tells the rep why not.
type Pinner interface {
	// Mode is what this endpoint becomes where mode is asked for.
	Mode(mode wirepb.JumpMode) (wirepb.JumpMode, error)
	// Pin installs what is missing. What it cannot finish it undoes. made is the device that
	// it made, enrolled and started to be pinned; nil: this endpoint itself is.
	Pin(ctx context.Context, w Wanted) (made *transport.Pin, err error)
	// Unpin removes what Pin installed, and nothing else. leave says that what runs
	// was part of it.
	Unpin(mode wirepb.JumpMode) (leave bool, err error)
}

// Wanted is what a person has agreed to.
type Wanted struct {
	Mode  wirepb.JumpMode
	Token string // enrolls one device
	// Remember has a device that is made begin with what it was pinned as, and with its
	// jump lock. It writes into the folder of that device's state.
	Remember func(state string) error
}

// installTime is how long an installation may take: the broker waits longer for the answer.
const installTime = 45 * time.Second

// Errors of pinning.
var (
	// ErrUnpinned is why a service ends that was uninstalled.
	ErrUnpinned = errors.New("uninstalled")
	// ErrUnmade is the ErrUnpinned of a device that was made to be pinned: nobody needs its
	// state any more.
	ErrUnmade   = fmt.Errorf("%w, and its device with it", ErrUnpinned)
	errNoPinner = errors.New("this client cannot be installed")
)

// pinning is the question whether this endpoint is pinned. It belongs to the loop.
type pinning struct {
	order *wirepb.PinOrder
	raw   *wirepb.Pin
	token string
	mode  wirepb.JumpMode
	nonce []byte // of the prompt
	timer *time.Timer
	busy  bool // it was answered, and is being installed
}

// pinned is what the service remembers of what it was pinned as.
type pinned struct {
	Order *wirepb.Pin     `json:"order"`
	Mode  wirepb.JumpMode `json:"mode"`
	Made  bool            `json:"made,omitempty"` // the device was made for it
}

// client is the id of the Jump Client that this endpoint is; empty: none.
func (a *agent) client() string {
	p, o := a.memory.kept.Pinned, new(wirepb.PinOrder)
	if p == nil || proto.Unmarshal(p.Order.GetOrder(), o) != nil {
		return ""
	}
	return o.Client
}

// pinAsked begins with an order to pin: check, then ask. Each order gets exactly
// one answer. Runs on the loop, as all of this file.
func (a *agent) pinAsked(k *link, m *wirepb.Pin) {
	o, err := a.checkPin(k, m)
	if err != nil {
		a.Log.Warn("order to pin refused", "err", err)
		claimed := new(wirepb.PinOrder) // only to say which order was refused
		_ = proto.Unmarshal(m.Order, claimed)
		a.answerPin(claimed, wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID, err.Error(), nil)
		return
	}
	no := func(code wirepb.ErrorCode, detail string) {
		a.Log.Info("not pinned", "rep", o.RepName, "code", wire.CodeName(code), "detail", detail)
		a.answerPin(o, code, detail, nil)
	}
	s := a.session
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(o.Session) {
		no(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "no such session is active")
		return
	}
	if a.Pinner == nil {
		no(wirepb.ErrorCode_ERROR_CODE_INSTALL_FAILED, errNoPinner.Error())
		return
	}
	mode, err := a.Pinner.Mode(o.Mode)
	switch {
	case err != nil:
		why := installError(err)
		no(why.Code, why.Detail)
		return
	case a.mayLock(o) != nil:
		no(wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED, a.mayLock(o).Error())
		return
	case a.pinning != nil:
		no(wirepb.ErrorCode_ERROR_CODE_BUSY, "the person is being asked already")
		return
	}
	// The token is not for keeping.
	p := &pinning{order: o, raw: &wirepb.Pin{Order: m.Order, OrderSignature: m.OrderSignature}, token: m.Token, mode: mode, nonce: make([]byte, 16)}
	_, _ = rand.Read(p.nonce) // never fails
	a.pinning = p
	switch there := a.attended(); {
	case there && a.tray.ready && a.tray.prompts != "":
		a.askPin(p)
	case there:
		a.refusePin(p, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "")
	case a.Floor.Notify && !a.unattended(s):
		a.refusePin(p, wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED, errNobodyLocks.Error())
	case a.Floor.Notify:
		a.install(p, "", "")
	default:
		a.refusePin(p, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, "")
	}
}

// checkPin decides whether an order is the broker's, for us, for now and for the
// first time.
func (a *agent) checkPin(k *link, m *wirepb.Pin) (*wirepb.PinOrder, error) {
	now := k.now()
	o, err := wire.VerifyPin(a.GrantKey, a.Identity.Pin(), m.Order, m.OrderSignature, now)
	switch {
	case err != nil:
		return nil, err
	case time.UnixMilli(o.NotBeforeUnixMs).Before(a.birth.Add(-wire.GrantSkew)):
		return nil, errOlder
	}
	until := time.UnixMilli(o.AnswerBeforeUnixMs).Add(2 * wire.GrantSkew)
	return o, a.jti.use([wire.SessionIDSize]byte(o.Jti), now, until)
}

func (a *agent) askPin(p *pinning) {
	o := p.order
	limit := min(max(time.Duration(o.ConsentTimeoutS)*time.Second, minConsent), maxConsent)
	p.timer = time.AfterFunc(limit, func() {
		a.post(func() {
			if a.pinning == p && !p.busy {
				a.withdrawPin(p)
				a.refusePin(p, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, "")
			}
		})
	})
	a.Log.Info("asking whether to be pinned", "rep", o.RepName, "mode", p.mode.String())
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{
		Nonce: p.nonce, Session: o.Session, RepName: o.RepName, Organisation: a.Organisation, TimeoutS: uint32(limit / time.Second),
		Pin: &ipcpb.PinAsk{Service: p.mode == wirepb.JumpMode_JUMP_MODE_SERVICE, Place: o.Place, ExpiresUnixMs: o.ExpiresUnixMs},
	}}})
}

func (a *agent) withdrawPin(p *pinning) {
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Withdraw{Withdraw: &ipcpb.ConsentWithdraw{Nonce: p.nonce}}})
}

// pinConsented takes the tray's answer, if it is to this question.
func (a *agent) pinConsented(c *ipcpb.ConsentAnswer) bool {
	p := a.pinning
	if p == nil || p.busy || subtle.ConstantTimeCompare(c.Nonce, p.nonce) != 1 {
		return false
	}
	switch c.Code {
	case wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		a.install(p, a.front.User, a.front.ID)
	case wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER:
		receipt, err := a.pinReceipt(p, &wirepb.PinReceipt{User: a.front.User, TerminalSession: a.front.ID})
		if err != nil {
			a.Log.Error("receipt", "err", err)
		}
		a.donePinning(p)
		a.answerPin(p.order, c.Code, c.Detail, receipt)
	case wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT:
		a.refusePin(p, c.Code, c.Detail)
	default:
		a.refusePin(p, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, c.Detail)
	}
	return true
}

// dropPin takes the question back: its session is over.
func (a *agent) dropPin() {
	if p := a.pinning; p != nil && !p.busy {
		a.withdrawPin(p)
		a.refusePin(p, wirepb.ErrorCode_ERROR_CODE_CANCELLED, "the session ended")
	}
}

// install does what was agreed to, beside the loop, and answers.
func (a *agent) install(p *pinning, user, at string) {
	p.busy = true
	if p.timer != nil {
		p.timer.Stop()
	}
	w := a.wanted(p)
	a.jobs.Go(func() {
		ctx, cancel := context.WithTimeout(a.ctx, installTime)
		defer cancel()
		made, failed := a.Pinner.Pin(ctx, w)
		undo := func() { _, _ = a.Pinner.Unpin(p.mode) }
		// Told on the loop, or undone here: one of the two, whenever the loop ends.
		var settled atomic.Bool
		told := make(chan struct{})
		a.post(func() {
			defer close(told)
			if !settled.CompareAndSwap(false, true) {
				return
			}
			r := &wirepb.PinReceipt{Yes: true, User: user, TerminalSession: at, Mode: p.mode, Unattended: a.Floor.Notify}
			err := failed
			switch {
			case err != nil:
			case made != nil:
				r.DeviceSpki, r.Lock = made[:], a.lockFor(p.order)
			default:
				// The lock first: it may stand without a pinning, and not the other way round.
				if err = a.memory.keepLock(p.order.Lock); err == nil {
					err = a.memory.keepPinned(&pinned{Order: p.raw, Mode: p.mode})
				}
				if err != nil {
					a.jobs.Go(undo)
				}
				r.Lock = a.memory.lock()
			}
			var receipt *wirepb.Pinned
			if err == nil {
				receipt, err = a.pinReceipt(p, r)
			}
			if err != nil {
				a.Log.Error("pinning failed", "err", err)
				why := installError(err)
				a.refusePin(p, why.Code, why.Detail)
				return
			}
			a.Log.Info("pinned", "client", p.order.Client, "mode", p.mode.String(), "user", user, "made", made)
			a.donePinning(p)
			a.answerPin(p.order, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, "", receipt)
		})
		select {
		case <-told:
		case <-a.ctx.Done():
		}
		if settled.CompareAndSwap(false, true) && failed == nil { // the service ends, and nobody was told
			undo()
		}
	})
}

// wanted is what was agreed to, for who installs it.
func (a *agent) wanted(p *pinning) Wanted {
	lock := a.memory.kept.Locked
	if lock == nil && p.order.Lock != nil {
		lock = &locked{Lock: p.order.Lock}
	}
	var m memory
	m.kept.Pinned, m.kept.Locked = &pinned{Order: p.raw, Mode: p.mode, Made: true}, lock
	b, err := json.Marshal(&m.kept)
	return Wanted{Mode: p.mode, Token: p.token, Remember: func(state string) error {
		if err != nil {
			return err
		}
		return transport.SaveState(state, memoryFile, b)
	}}
}

// lockFor is the lock of a device that is made: the order's, else that of this one.
func (a *agent) lockFor(o *wirepb.PinOrder) *wirepb.JumpLock {
	if l := a.memory.lock(); l != nil {
		return l
	}
	return o.Lock
}

// installError is what a rep is told of an installation that came to nothing.
func installError(err error) *wire.CodeError {
	var why *wire.CodeError
	if !errors.As(err, &why) {
		why = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INSTALL_FAILED, Detail: err.Error()}
	}
	return why
}

func (a *agent) pinReceipt(p *pinning, r *wirepb.PinReceipt) (*wirepb.Pinned, error) {
	r.AtUnixMs = time.Now().UnixMilli()
	receipt, message, err := wire.PinnedMessage(p.raw.Order, r)
	if err != nil {
		return nil, err
	}
	return &wirepb.Pinned{Receipt: receipt, ReceiptSignature: a.Identity.Sign(message)}, nil
}

// refusePin ends the question without a person's answer. That is a No.
func (a *agent) refusePin(p *pinning, code wirepb.ErrorCode, detail string) {
	a.donePinning(p)
	a.answerPin(p.order, code, detail, nil)
}

func (a *agent) donePinning(p *pinning) {
	if p.timer != nil {
		p.timer.Stop()
	}
	a.pinning = nil
}

func (a *agent) answerPin(o *wirepb.PinOrder, code wirepb.ErrorCode, detail string, m *wirepb.Pinned) {
	if m == nil {
		m = &wirepb.Pinned{}
	}
	m.Jti, m.Code, m.Detail = o.Jti, code, detail
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Pinned{Pinned: m}})
}
