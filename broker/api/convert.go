package api

import (
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// offered is an action with the reason why not, when there is one.
func offered(id string, err error) *apipb.Action {
	a := &apipb.Action{Id: id, Enabled: err == nil}
	var ce *wire.CodeError
	if errors.As(err, &ce) {
		a.Code, a.Reason = ce.Code, ce.Detail
	}
	return a
}

// phases pairs the machine's phases with those of the API.
var phases = map[support.Phase]apipb.SessionPhase{
	support.Requested:       apipb.SessionPhase_SESSION_PHASE_REQUESTED,
	support.Approved:        apipb.SessionPhase_SESSION_PHASE_APPROVED,
	support.AwaitingConsent: apipb.SessionPhase_SESSION_PHASE_AWAITING_CONSENT,
	support.Active:          apipb.SessionPhase_SESSION_PHASE_ACTIVE,
	support.Held:            apipb.SessionPhase_SESSION_PHASE_HELD,
	support.Waiting:         apipb.SessionPhase_SESSION_PHASE_WAITING,
	support.Chatting:        apipb.SessionPhase_SESSION_PHASE_CHATTING,
	support.Ended:           apipb.SessionPhase_SESSION_PHASE_ENDED,
	support.Denied:          apipb.SessionPhase_SESSION_PHASE_DENIED,
	support.Expired:         apipb.SessionPhase_SESSION_PHASE_EXPIRED,
	support.Cancelled:       apipb.SessionPhase_SESSION_PHASE_CANCELLED,
}

// sessionOf is a session as p may see it, with what p may do.
func sessionOf(p account.Principal, s desk.Session) *apipb.Session {
	o := desk.About(s.Session)
	over := func(a policy.Action) error {
		if err := policy.Can(p.Policy(), a, o); err != nil {
			return err
		}
		if s.Phase.Final() {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
		}
		return nil
	}
	active := func(a policy.Action) error {
		err := over(a)
		switch {
		case err == nil && s.ChatOnly() && a != policy.Chat:
			return notInMode()
		case err == nil && s.ChatOnly() && s.Phase != support.Waiting:
			return nil
		case err == nil && a != policy.HoldSession && s.Attends(p.ID):
			return nil
		case err == nil && s.Phase == support.Held:
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "the session is held: resume it first")
		case err == nil && s.Phase != support.Active:
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active yet")
		}
		return err
	}
	running := func(a policy.Action) error { // held by its owner or not
		err := over(a)
		if err == nil && s.ChatOnly() {
			return notInMode()
		}
		if err == nil && s.Phase != support.Active && s.Phase != support.Held {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active yet")
		}
		return err
	}
	held := func() error {
		err := over(policy.ResumeSession)
		if err == nil && s.Phase != support.Held && s.Phase != support.Waiting {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not held")
		}
		return err
	}
	chatting := func(a policy.Action) error {
		err := over(a)
		if err == nil && s.Phase != support.Chatting {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is no chat without a client")
		}
		return err
	}
	w := &apipb.Session{
		Id: s.ID.String(), DeviceId: s.Device, DeviceName: s.DeviceName, RepId: s.Rep.ID, RepName: s.Rep.Name,
		Phase: phases[s.Phase], Control: s.Input(), Path: s.Path,
		StartedAt: timestamp(s.StartedAt), ConsentAt: timestamp(s.ConsentAt), EndedAt: timestamp(s.EndedAt),
		ExpiresInMs: s.Left.Milliseconds(), Recorded: s.Recorded, RecordingFailed: s.RecordingFailed, RequestId: s.Request,
		EndedBy: s.By, EndedByName: s.ByName, Code: s.Code, Detail: s.Detail, Screen: s.Screen, ScreenDetail: s.ScreenDetail, AgentConnected: s.Connected,
		Actions: []*apipb.Action{
			offered("attach", active(policy.AttachSession)), offered("end", over(policy.EndSession)),
			offered("hold", active(policy.HoldSession)), offered("resume", held()),
			offered("chat", active(policy.Chat)), offered("terminate", over(policy.TerminateSession)),
			offered("share", running(policy.InviteRep)), offered("transfer", running(policy.TransferSession)), offered("remove", running(policy.RemoveRep)),
			offered("button", desk.MayDeploy(p, s)), offered("clipboard", desk.MayCopy(p, s)),
			offered("run_client", chatting(policy.RunClient)),
		},
		Participants: participantsOf(s), Invitations: invitationsOf(p, s), WaitsIn: s.WaitsIn, Visit: visitOf(s),
		Outcomes: outcomes(s, p), HeldSince: timestamp(heldSince(s.Session)),
	}
	elevatedParts(p, s, w)
	machineParts(p, s, w)
	fileParts(p, s, w)
	return w
}

func notInMode() error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_IN_MODE, "only chat is available until the customer runs the client")
}

// outcomes are the ways in which p may close the session.
func outcomes(s desk.Session, p account.Principal) []string {
	var all []string
	for _, o := range s.Outcomes(p.ID) {
		all = append(all, string(o))
	}
	return all
}

// heldSince is when the session was parked; zero: it is not held.
func heldSince(s support.Session) time.Time {
	if s.Phase != support.Held {
		return time.Time{}
	}
	return s.HeldAt
}

func recordOf(r store.Record) *apipb.AuditRecord {
	return &apipb.AuditRecord{
		Seq: r.Seq, At: timestamp(r.At), Actor: r.Actor, ActorName: r.ActorName, Action: r.Action, Object: r.Object,
		ObjectName: r.ObjectName, Result: r.Result, Detail: r.Detail, Hash: r.Hash, SessionId: r.Session,
	}
}
