package agent

import "github.com/alongside-remote/alongside/wire/wirepb"

// outboxLimit: one session at a time leaves one answer and one end behind; a
// support request may be between them.
const outboxLimit = 8

// outbox keeps what the broker has to learn although there was no link when it
// happened: answers, ends and support requests. When full, the oldest goes.
type outbox struct{ waiting []*wirepb.AgentMessage }

func (o *outbox) put(m *wirepb.AgentMessage) {
	switch m.Kind.(type) {
	case *wirepb.AgentMessage_Consent, *wirepb.AgentMessage_End, *wirepb.AgentMessage_Request:
	default:
		return
	}
	if len(o.waiting) == outboxLimit {
		o.waiting = o.waiting[1:]
	}
	o.waiting = append(o.waiting, m)
}

func (o *outbox) take() []*wirepb.AgentMessage {
	w := o.waiting
	o.waiting = nil
	return w
}
