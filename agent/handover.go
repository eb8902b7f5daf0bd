package agent

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// errAway is why a link ends whose session another service has.
var errAway = errors.New("a service with the rights of the machine has the session")

// line lets the connector pause while another service has this device's link.
type line struct {
	mu   sync.Mutex
	cut  context.CancelCauseFunc
	back chan struct{} // one waits at most
}

// stop ends the link, and connecting, until resume.
func (l *line) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut != nil {
		l.cut(errAway)
	}
}

// connectOnce connects until that is stopped, or there is no point in going on.
func (a *agent) connectOnce() (away bool, err error) {
	ctx, cut := context.WithCancelCause(a.ctx)
	defer cut(nil)
	a.line.mu.Lock()
	a.line.cut = cut
	a.line.mu.Unlock()
	err = a.Connect(ctx, a.busy.Load, a.serve)
	return errors.Is(context.Cause(ctx), errAway), err
}

func (l *line) resume() { l.back <- struct{}{} }

// handOver gives a service with the rights of the machine what it needs to go on with
// the session, once. Runs on the loop, as all below.
func (a *agent) handOver(e *elevating) {
	if a.elevating != e || e.sent {
		return
	}
	if a.link == nil {
		a.giveUpElevation(wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE, "the link was lost meanwhile")
		return
	}
	e.sent = true
	e.stopTimer()
	m, err := a.handed(e)
	if err != nil {
		a.giveUpElevation(wirepb.ErrorCode_ERROR_CODE_INTERNAL, err.Error())
		return
	}
	e.timer = time.AfterFunc(handTime, func() {
		a.post(func() {
			if a.elevating == e && !e.away {
				a.giveUpElevation(wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE, "the elevated client did not take the session over in time")
			}
		})
	})
	e.s.log.Info("handing the session over")
	a.jobs.Go(func() {
		// Its end, and ours, is the end of the pipe.
		stop := context.AfterFunc(a.ctx, func() { end(e.child) })
		err := e.child.Conn().Send(&ipcpb.ToElevated{Kind: &ipcpb.ToElevated_HandOver{HandOver: m}})
		clear(m.DeviceKey)
		for err == nil {
			f := &ipcpb.FromElevated{}
			if _, _, err = e.child.Conn().Receive(f); err == nil {
				a.post(func() { a.fromElevated(e, f) })
			}
		}
		if stop() {
			end(e.child)
		}
		<-e.child.Done()
		a.post(func() { a.elevatedGone(e) })
	})
}

// handed is this service, its session and all that it remembers.
func (a *agent) handed(e *elevating) (*ipcpb.HandOver, error) {
	s, at := a.session, a.session.terminal
	memory, err := json.Marshal(&a.memory.kept)
	if err != nil {
		return nil, err
	}
	floor, err := json.Marshal(a.Floor)
	if err != nil {
		return nil, err
	}
	enrollment, err := json.Marshal(a.Enrollment)
	if err != nil {
		return nil, err
	}
	summary := a.account.summary
	summary.Updates, summary.UpdateBytes = a.router.sent.updates.Load(), a.router.sent.bytes.Load()
	h := &ipcpb.HandedSession{
		Grant: s.raw, Nonce: e.order.Nonce, Answer: e.answer.Text, AnswerSignature: e.answer.Signature, Held: s.held, Permissions: s.may, Participants: s.reps, Deadline: s.why,
		Said: s.chat.said, Summary: summary,
	}
	for seq := range s.chat.shown {
		h.Shown = append(h.Shown, seq)
	}
	slices.Sort(h.Shown)
	if !s.expires.IsZero() {
		h.LeftMs = uint64(max(time.Until(s.expires)/time.Millisecond, 1)) //nolint:gosec // at least 1
	}
	if !s.valid.IsZero() {
		h.ValidUntilUnixMs = s.valid.UnixMilli()
	}
	return &ipcpb.HandOver{
		DeviceKey: a.Identity.Seed(), Enrollment: enrollment, Memory: memory, Floor: floor, Adhoc: a.isAdhoc(), Version: a.Version,
		Terminal: &ipcpb.HandedTerminal{
			Id: at.ID, Display: at.Display, WaylandDisplay: at.WaylandDisplay, Xauthority: at.XAuthority,
			RuntimeDir: at.RuntimeDir, Bus: at.Bus, Locale: at.Locale,
		},
		Session: proto.CloneOf(h), // it is sent while the loop goes on
	}, nil
}

// fromElevated is a message of the other service.
func (a *agent) fromElevated(e *elevating, m *ipcpb.FromElevated) {
	if a.elevating != e {
		return
	}
	switch k := m.Kind.(type) {
	case *ipcpb.FromElevated_Took:
		a.goAway(e)
	case *ipcpb.FromElevated_Memory:
		e.memory = k.Memory
	case *ipcpb.FromElevated_Over:
		e.over = k.Over
	case *ipcpb.FromElevated_Refused:
		e.why = k.Refused
	}
}

// linkLost is the end of our link while the session is being handed over: the other
// one's has replaced it, or is about to.
func (a *agent) linkLost() {
	if e := a.elevating; e != nil && e.sent && !e.away {
		a.goAway(e)
	}
}

// goAway stops everything here: the other service has the session.
func (a *agent) goAway(e *elevating) {
	if e.away {
		return
	}
	s := a.session
	e.away = true
	e.stopTimer()
	s.log.Info("session handed over")
	a.dropPin()
	for len(s.files) > 0 {
		a.endFile(s, s.files[0])
	}
	a.router.shut()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.stopLimbo()
	a.session, a.rights, a.account = nil, nil, nil
	a.busy.Store(false)
	a.dropViewers(nil)
	a.stopCrew()
	a.line.stop()
}

// elevatedGone is the end of the other service.
func (a *agent) elevatedGone(e *elevating) {
	if a.elevating != e {
		return
	}
	if !e.away {
		code, detail := wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE, "the elevated client ended"
		if e.why != nil {
			code, detail = e.why.Code, e.why.Detail
		}
		a.giveUpElevation(code, detail)
		return
	}
	a.elevating = nil
	over := &Over{By: wirepb.EndedBy_ENDED_BY_AGENT, Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL, Rep: e.s.owner()}
	if e.over != nil {
		over = &Over{By: e.over.By, Code: e.over.Code, Rep: e.over.Rep}
	}
	e.s.log.Info("the elevated client ended", "by", over.By.String(), "code", wire.CodeName(over.Code))
	if e.memory != nil {
		if err := a.memory.restore(e.memory); err != nil {
			a.Log.Error("what the elevated client remembered", "err", err)
		}
		a.loadPolicy()
		a.loadButtons()
	}
	// It has said so, unless its link was down.
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_End{End: &wirepb.SessionEnd{Session: e.s.id[:], By: over.By, Code: over.Code}}})
	a.elevating = nil
	a.line.resume()
	if !a.isAdhoc() {
		a.notice = endNotice(e.s, over.By, "", wirepb.AtEnd_AT_END_UNSPECIFIED)
	}
	a.over(over)
	a.looked(a.terminals)
}
