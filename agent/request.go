package agent

import (
	"crypto/rand"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// request is the customer's wish for help, of which there is one at a time. It
// belongs to the loop.
type request struct {
	status *wirepb.RequestStatus // nil: there was none
}

// open says that a request still waits for a decision or for its session.
func (r *request) open() bool {
	switch r.status.GetState() {
	case wirepb.RequestState_REQUEST_STATE_PENDING, wirepb.RequestState_REQUEST_STATE_APPROVED:
		return true
	default:
		return false
	}
}

func (r *request) is(id []byte) bool { return r.status != nil && string(r.status.Id) == string(id) }

// asked passes on a customer's wish for help, when policy lets it be had. Without
// a link it waits, and its id makes sure that it counts once.
func (a *agent) asked(r *wirepb.SupportRequest) {
	if len(r.Id) != wire.SessionIDSize {
		r.Id = make([]byte, wire.SessionIDSize)
		_, _ = rand.Read(r.Id)
	}
	if no := a.refuseRequest(r); no != nil {
		no.Id = r.Id
		a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_RequestResult{RequestResult: no}})
		return
	}
	a.request.status = &wirepb.RequestStatus{Id: r.Id, State: wirepb.RequestState_REQUEST_STATE_PENDING}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Request{Request: r}})
	a.trayStatus()
}

// refuseRequest says why a request is not sent; nil: it is.
func (a *agent) refuseRequest(r *wirepb.SupportRequest) *ipcpb.RequestResult {
	bad := func(code wirepb.ErrorCode, field, detail string) *ipcpb.RequestResult {
		return &ipcpb.RequestResult{Code: code, Field: field, Detail: detail}
	}
	const malformed = wirepb.ErrorCode_ERROR_CODE_MALFORMED
	p := a.effective()
	switch {
	case a.isAdhoc():
		return bad(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "", "this client is for one session")
	case !p.RemoteSupport:
		return bad(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "", "remote support is switched off")
	case a.request.open():
		return bad(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "", "there is a request already")
	case a.formless(r):
		return nil
	case r.Name == "" || len(r.Name) > wire.MaxName:
		return bad(malformed, "name", "a name is needed")
	case r.Email == "" && r.Phone == "" || len(r.Email) > wire.MaxName:
		return bad(malformed, "email", "an e-mail address or a phone number is needed")
	case len(r.Phone) > wire.MaxName:
		return bad(malformed, "phone", "the phone number is too long")
	case utf8.RuneCountInString(r.Reason) < int(p.ReasonMin):
		return bad(malformed, "reason", fmt.Sprintf("the reason needs at least %d characters", p.ReasonMin))
	case len(r.Reason) > wire.MaxText:
		return bad(malformed, "reason", "the reason is too long")
	}
	return nil
}

// requestAnswered is whether the broker has put the request into its list.
func (a *agent) requestAnswered(m *wirepb.RequestAnswer) {
	if !a.request.is(m.Id) {
		return
	}
	if m.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		a.request.status = nil
	}
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_RequestResult{RequestResult: &ipcpb.RequestResult{
		Id: m.Id, Code: m.Code, Detail: m.Detail, Field: m.Field,
	}}})
	a.trayStatus()
}

// requestStands is news of the request. One that this process did not make is of
// the process before it.
func (a *agent) requestStands(m *wirepb.RequestStatus) {
	if a.request.status != nil && !a.request.is(m.Id) && a.request.open() || len(m.Id) != wire.SessionIDSize || proto.Equal(m, a.request.status) {
		return
	}
	was := a.request.status.GetState()
	a.request.status = m
	if m.State != was {
		a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_RequestNews{RequestNews: m}})
	}
	a.trayStatus()
}

// requestCancelled takes the request back, also where the broker does not hear
// it now.
func (a *agent) requestCancelled(id []byte) {
	if !a.request.is(id) || !a.request.open() {
		return
	}
	a.request.status = nil
	a.outbox.drop(func(m *wirepb.AgentMessage) bool { return string(m.GetRequest().GetId()) == string(id) })
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_RequestCancel{RequestCancel: &wirepb.RequestCancel{Id: id}}})
	a.trayStatus()
}
