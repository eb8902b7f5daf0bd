package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Handed is what a service with the rights of the machine begins with: one session,
// which it takes over from the service of a user and ends with. Config.Session is that
// session. Nothing that it was handed gives it a right that grant, policy and the
// machine's own floor do not give.
type Handed struct {
	Session  *ipcpb.HandedSession
	Memory   []byte
	Terminal terminal.Session // as the system says whose it is
	Adhoc    bool             // the client is for this session only, too
	// Say tells the other service something; it does not wait.
	Say func(*ipcpb.FromElevated)
}

// errHanded means that what was handed over is not a session.
var errHanded = errors.New("what was handed over is no session")

// takeOver begins with what was handed over. It runs before the loop.
func (a *agent) takeOver() error {
	h := a.Handed
	if h == nil {
		return nil
	}
	g, m := new(wirepb.SessionGrant), h.Session
	if err := proto.Unmarshal(m.GetGrant(), g); err != nil || string(g.Session) != string(a.Session[:]) || m.Summary == nil || len(m.Nonce) != wire.SessionIDSize {
		return errHanded
	}
	if m.Participants != nil {
		if err := checkParticipants(m.Participants); err != nil {
			return fmt.Errorf("%w: %w", errHanded, err)
		}
	}
	if err := policy.Admit(a.Floor, a.effective(), g); err != nil {
		return err
	}
	s := &session{
		id: a.Session, phase: phaseActive, grant: g, raw: m.Grant, terminal: h.Terminal, chosen: true,
		held: m.Held, reps: m.Participants, why: m.Deadline,
		attached: map[uint32]seat{}, opening: map[uint32]bool{}, log: a.Log.With("session", a.Session, "rep", g.RepId),
	}
	s.may = slices.DeleteFunc(slices.Clone(policy.Permits(a.Floor, a.effective(), g.Permissions)), func(p wirepb.Permission) bool { return !slices.Contains(m.Permissions, p) })
	if m.ValidUntilUnixMs != 0 {
		s.valid = time.UnixMilli(m.ValidUntilUnixMs)
	}
	left := time.Duration(m.LeftMs) * time.Millisecond //nolint:gosec // a time of ours
	if longest := a.Floor.Longest; longest > 0 && (left == 0 || left > longest) {
		left = longest
	}
	for _, c := range m.Said {
		s.chat.add(c)
	}
	s.chat.begun = true
	s.chat.shown = map[uint64]bool{}
	for _, seq := range m.Shown {
		s.chat.shown[seq] = true
	}
	a.session = s
	a.busy.Store(true)
	a.openAccount(s)
	a.account.summary = m.Summary
	a.router.sent.updates.Store(m.Summary.Updates)
	a.router.sent.bytes.Store(m.Summary.UpdateBytes)
	if left > 0 {
		a.endAfter(s, left)
	}
	a.await(s) // for the first link
	a.front, a.present, a.terminals = h.Terminal, true, []terminal.Session{h.Terminal}
	a.serveWith(a.startCrew(h.Terminal))
	a.tellElevation(&elevating{
		order: &wirepb.Elevate{Session: s.id[:], Nonce: m.Nonce}, answer: signed{m.Answer, m.AnswerSignature},
	}, wirepb.ElevationState_ELEVATION_STATE_DONE, 0, "")
	s.log.Info("session taken over", "terminal", h.Terminal.ID, "user", h.Terminal.User)
	return nil
}

// took tells the other service that the session is here.
func (a *agent) took() {
	if a.Handed != nil {
		a.Handed.Say(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Took{Took: &ipcpb.ElevatedTook{}}})
	}
}

// openMemory reads what was left: in a folder, or by the other service.
func (a *agent) openMemory() error {
	if a.Handed == nil {
		return a.memory.open(a.State)
	}
	a.memory.elsewhere = func(b []byte) {
		a.Handed.Say(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Memory{Memory: b}})
	}
	return a.memory.read(a.Handed.Memory)
}

// repsSpeakForCustomer says that what was said in a browser, before a client came,
// comes from the broker.
func (a *agent) repsSpeakForCustomer() bool {
	return a.isAdhoc() && (a.Handed == nil || a.Handed.Adhoc)
}

// read takes what was kept elsewhere.
func (m *memory) read(b []byte) error {
	last := new(wirepb.SessionSummary)
	err := json.Unmarshal(b, &m.kept)
	if err == nil {
		err = proto.Unmarshal(m.kept.Last, last)
	}
	if err != nil {
		return fmt.Errorf("what the service remembers: %w", err)
	}
	m.seq = last.Seq
	return nil
}

// restore takes over what another service remembers now, in place of what is here.
func (m *memory) restore(b []byte) error {
	fresh := memory{dir: m.dir}
	if err := fresh.read(b); err != nil {
		return err
	}
	*m = fresh
	return m.save()
}
