package agent

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// signed is a statement with its signature.
type signed struct {
	Text      []byte `json:"text"`
	Signature []byte `json:"signature"`
}

// resumption is a session that is to go on after a restart: what the broker signed
// and what this device did, and when it was put by. It is used once.
type resumption struct {
	Grant   signed `json:"grant"`
	Receipt signed `json:"receipt"`
	AtMs    int64  `json:"at_ms"`
	EndsMs  int64  `json:"ends_ms"` // when the session ends; 0: never
	// TakenBack: the person took control back, which holds for the whole session.
	TakenBack bool `json:"taken_back,omitempty"`
}

// Errors of a session that does not go on.
var (
	errPutByLong  = errors.New("it was put by too long ago, or the clock was changed")
	errYesIsOver  = errors.New("the person's yes does not hold any more")
	errTimeIsOver = errors.New("its time is over")
	errNoYes      = errors.New("its receipt is no yes")
)

func (s *session) resumption(now time.Time) *resumption {
	r := &resumption{Grant: signed{s.raw, s.rawSig}, Receipt: s.yes, AtMs: now.UnixMilli(), TakenBack: s.takenBack}
	if !s.expires.IsZero() {
		r.EndsMs = now.Add(time.Until(s.expires)).UnixMilli()
	}
	return r
}

// recall takes up the session that was put by for a restart, if it may go on. What was
// put by is forgotten first, so that it is taken up once.
func (a *agent) recall() {
	r := a.memory.kept.Resume
	if r == nil {
		return
	}
	if err := a.memory.keepResumption(nil); err != nil {
		a.Log.Error("forget a session that was put by", "err", err)
		return
	}
	s, err := a.restore(r, time.Now())
	if err != nil {
		a.Log.Warn("the session from before the restart does not go on", "err", err)
		return
	}
	a.session = s
	a.busy.Store(true)
	a.openAccount(s)
	if !s.expires.IsZero() {
		a.endAfter(s, time.Until(s.expires))
	}
	a.await(s)
	s.log.Info("session taken up after the restart", "user", s.terminal.User)
}

// restore makes the session of what was put by, as far as it holds now: both
// signatures, the times of the Yes and of the session, and what policy and floor permit.
func (a *agent) restore(r *resumption, now time.Time) (*session, error) {
	g := new(wirepb.SessionGrant)
	if err := proto.Unmarshal(r.Grant.Text, g); err != nil {
		return nil, err
	}
	id, err := wire.ParseSessionID(g.Session)
	if err != nil {
		return nil, err
	}
	// It was in time when the person was asked; that it is the broker's counts now.
	g, err = wire.VerifyGrant(a.GrantKey, a.Identity.Pin(), id, r.Grant.Text, r.Grant.Signature, time.UnixMilli(g.NotBeforeUnixMs))
	if err != nil {
		return nil, err
	}
	receipt, err := wire.VerifyReceipt(a.Identity.Public(), r.Grant.Text, r.Receipt.Text, r.Receipt.Signature)
	if err != nil {
		return nil, err
	}
	s := &session{
		id: id, phase: phaseActive, grant: g, raw: r.Grant.Text, rawSig: r.Grant.Signature, yes: r.Receipt, returns: true, takenBack: r.TakenBack,
		may:      policy.Permits(a.Floor, a.effective(), receipt.Permissions),
		terminal: terminal.Session{ID: receipt.TerminalSession, User: receipt.User},
		attached: map[uint32]seat{}, opening: map[uint32]bool{}, log: a.Log.With("session", id, "rep", g.RepId),
	}
	at := time.UnixMilli(r.AtMs)
	if receipt.ValidUntilUnixMs > 0 {
		s.valid = time.UnixMilli(receipt.ValidUntilUnixMs)
	}
	if d := a.Floor.Lasts(g); d > 0 {
		s.expires = time.UnixMilli(receipt.AtUnixMs).Add(d)
	}
	if ends := time.UnixMilli(r.EndsMs); r.EndsMs > 0 && (s.expires.IsZero() || ends.Before(s.expires)) {
		s.expires = ends
	}
	switch {
	case !receipt.Yes:
		return nil, errNoYes
	case now.Before(at) || now.After(at.Add(restartGrace)) || receipt.AtUnixMs > r.AtMs:
		return nil, errPutByLong
	case !s.valid.IsZero() && !now.Before(s.valid):
		return nil, errYesIsOver
	case !s.expires.IsZero() && !now.Before(s.expires):
		return nil, errTimeIsOver
	}
	if err := policy.Admit(a.Floor, a.effective(), g); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return s, nil
}

// awaits says whether a session that was taken up goes on waiting for whoever said
// yes, and goes on at once where it is they who are in front. Somebody else is asked
// like after any other change of who is there.
func (a *agent) awaits(s *session, to terminal.Session, found bool) bool {
	switch {
	case !found || to.Greeter:
		return true
	case to.User != s.terminal.User || !s.valid.IsZero() && !time.Now().Before(s.valid):
		return false
	}
	s.returns, s.terminal = false, to
	s.noBanner()
	s.shown = nil
	s.told = wirepb.Reason_REASON_UNSPECIFIED
	s.log.Info("whoever said yes is back", "user", to.User, "terminal", to.ID)
	return true
}

// mayNotShow says whether nothing may be shown here yet: a session that was taken up
// shows a login screen only under a rule that asks nobody.
func (a *agent) mayNotShow(s *session) bool {
	return s.returns && a.ruleAt(s, a.front) != wirepb.ConsentRule_CONSENT_RULE_NOTIFY
}

// nobodyBack says why a session that was taken up shows nothing.
func (a *agent) nobodyBack(s *session) (wirepb.Reason, string) {
	if to, found := terminal.Front(a.terminals); found && to.Greeter {
		return wirepb.Reason_REASON_LOGIN_SCREEN, ""
	}
	return wirepb.Reason_REASON_NO_DISPLAY, s.terminal.User
}
