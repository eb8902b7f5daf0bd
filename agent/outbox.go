package agent

import (
	"slices"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// outboxLimit: one session at a time leaves one answer and one end behind; a
	// support request and its taking back may be between them.
	outboxLimit = 16
	// outboxChat is how much room messages of a chat may take of it.
	outboxChat = outboxLimit / 2
)

// outbox keeps what the broker has to learn although there was no link when it
// happened: answers, ends, support requests, where the session went
// and what the person has just said. When full, the oldest goes.
type outbox struct{ waiting []*wirepb.AgentMessage }

func (o *outbox) put(m *wirepb.AgentMessage) {
	switch m.Kind.(type) {
	case *wirepb.AgentMessage_Consent, *wirepb.AgentMessage_End, *wirepb.AgentMessage_Request,
		*wirepb.AgentMessage_RequestCancel, *wirepb.AgentMessage_TerminalSwitched, *wirepb.AgentMessage_ElevateResult, *wirepb.AgentMessage_MachineRestarting:
	case *wirepb.AgentMessage_Chat:
		if len(o.waiting) >= outboxChat {
			return
		}
	default:
		return
	}
	if len(o.waiting) == outboxLimit {
		o.waiting = o.waiting[1:]
	}
	o.waiting = append(o.waiting, m)
}

// drop forgets what is not to be sent any more.
func (o *outbox) drop(is func(*wirepb.AgentMessage) bool) {
	o.waiting = slices.DeleteFunc(o.waiting, is)
}

func (o *outbox) take() []*wirepb.AgentMessage {
	w := o.waiting
	o.waiting = nil
	return w
}
