package agent

import (
	"errors"
	"fmt"
	"slices"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxParticipants is how many reps a session may name: several for each viewer
// that may look, for who is in a session need not look.
const maxParticipants = 32

// Errors of a list of participants.
var (
	errParticipants = errors.New("too many participants, or none")
	errParticipant  = errors.New("participant without an id of their own, or with too long a name")
	errTwoOwners    = errors.New("an owner who is not the first, or is external")
	errTwoHolders   = errors.New("two participants control")
)

// checkParticipants decides whether a list can be what a session's reps are.
func checkParticipants(ps []*wirepb.Participant) error {
	if len(ps) == 0 || len(ps) > maxParticipants {
		return fmt.Errorf("%w: %d", errParticipants, len(ps))
	}
	ids, held := map[string]bool{}, false
	for i, p := range ps {
		switch {
		case p.RepId == "" || len(p.RepId) > wire.MaxName || ids[p.RepId] || p.Name == "" || len(p.Name) > wire.MaxName:
			return errParticipant
		case p.Owner && (i > 0 || p.External):
			return errTwoOwners
		case p.Control && held:
			return errTwoHolders
		}
		ids[p.RepId], held = true, held || p.Control
	}
	return nil
}

// participants takes who is in the session. Who left loses the picture at once, and
// who lost the control token their keys, before the next one gets it.
func (a *agent) participants(m *wirepb.SessionParticipants) {
	s := a.session
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session) {
		return
	}
	if err := checkParticipants(m.Participants); err != nil {
		s.log.Warn("participants refused", "err", err)
		a.refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, err.Error())
		return
	}
	before := s.holder()
	s.reps = m.Participants
	s.log.Info("participants", "reps", len(s.reps), "control", s.holder())
	for id, seat := range s.attached {
		if s.has(seat) {
			continue
		}
		delete(s.attached, id)
		if v := a.router.get(id); v != nil {
			a.closeViewer(v, &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, Detail: "not in the session any more"})
		}
	}
	if s.holder() != before {
		a.passToken(s, before, false)
		a.passToken(s, s.holder(), true)
		a.tellViewers(s)
	}
	a.curbFiles(s)
	a.tellExchange()
	a.keepRestriction()
	a.showMode()
	a.trayStatus()
}

// passToken tells the helper of the viewers of a rep who got the control token, or
// lost it.
func (a *agent) passToken(s *session, rep string, token bool) {
	for _, v := range a.router.all() {
		if s.attached[v.id].rep == rep && !v.record {
			a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Control{Control: &ipcpb.Control{Viewer: v.id, Token: token}}})
		}
	}
}

// seat is whose an attached viewer is.
type seat struct {
	rep      string // empty: the recorder
	recorder bool
}

// seatOf is what a broker says of a viewer; one that it names nobody for is that of
// the grant's rep.
func (s *session) seatOf(m *wirepb.ViewerAttached) seat {
	switch {
	case m.Recorder:
		return seat{recorder: true}
	case m.RepId == "":
		return seat{rep: s.grant.RepId}
	}
	return seat{rep: m.RepId}
}

// people are the session's reps, the owner first. As long as the broker has named
// none it is the grant's rep, who controls.
func (s *session) people() []*wirepb.Participant {
	if s.reps != nil {
		return s.reps
	}
	return []*wirepb.Participant{{RepId: s.grant.RepId, Name: s.grant.RepName, Owner: true, Control: true, Clipboard: true, Files: true}}
}

// has says whether the person in front was told of who sits there.
func (s *session) has(x seat) bool {
	return x.recorder || slices.ContainsFunc(s.people(), func(p *wirepb.Participant) bool { return p.RepId == x.rep })
}

// holder is the id of the rep who holds the control token; empty: nobody does.
func (s *session) holder() string {
	for _, p := range s.people() {
		if p.Control {
			return p.RepId
		}
	}
	return ""
}

// controls says whether input of an attached viewer is injected: the session has to
// permit it, and its rep to hold the token.
func (s *session) controls(x seat) bool { return s.control() && s.token(x) }

func (s *session) token(x seat) bool { return !x.recorder && x.rep != "" && x.rep == s.holder() }

// exchanges says whether an attached viewer may use one of the session's permissions
// of the clipboard or of files: the session has to have it, and its rep to be let.
func (s *session) exchanges(x seat, p wirepb.Permission) bool {
	if x.recorder || !s.permits(p) {
		return false
	}
	files := p == wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT || p == wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT
	return slices.ContainsFunc(s.people(), func(q *wirepb.Participant) bool {
		return q.RepId == x.rep && (files && q.Files || !files && q.Clipboard)
	})
}

// owner is the name of the rep who owns the session; empty: it waits for one.
func (s *session) owner() string {
	if first := s.people()[0]; first.Owner {
		return first.Name
	}
	return ""
}
