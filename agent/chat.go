package agent

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of a chat.
const (
	// maxSaid and maxSaidBytes are what is kept of it for a tray that begins anew.
	// When full, the oldest goes.
	maxSaid      = 200
	maxSaidBytes = 64 << 10
	// Each side may say chatBurst messages at once, and one each chatEvery from then
	// on: more than people do, and less than fills the tray's queue.
	chatBurst = 16
	chatEvery = 500 * time.Millisecond
)

// conversation is what was said in a session, by reps and the person, in the order
// in which it came here.
type conversation struct {
	said  []*wirepb.Chat
	shown map[uint64]bool // what of it the person could see, by number
	bytes int
	begun bool          // somebody spoke, or the link was lost: what was before came, or comes no more
	reps  *rate.Limiter // of what reps say
	own   *rate.Limiter // of what the person says
	types *rate.Limiter // of the news that the person writes
	typed *rate.Limiter // of the news that reps do
}

// has reports whether a message with a number is kept.
func (c *conversation) has(seq uint64) bool {
	return seq != 0 && slices.ContainsFunc(c.said, func(m *wirepb.Chat) bool { return m.Seq == seq })
}

// add keeps a message.
func (c *conversation) add(m *wirepb.Chat) {
	c.said = append(c.said, m)
	c.bytes += proto.Size(m)
	for len(c.said) > maxSaid || c.bytes > maxSaidBytes {
		c.bytes -= proto.Size(c.said[0])
		delete(c.shown, c.said[0].Seq)
		c.said = c.said[1:]
	}
}

// heardRep takes a message of a rep's. What is among reps is not for this screen, and
// nobody but the person says what the person said.
func (a *agent) heardRep(s *session, m *wirepb.Chat) {
	switch {
	case m.Channel != wirepb.ChatChannel_CHAT_CHANNEL_UNSPECIFIED, m.FromCustomer && !a.repsSpeakForCustomer():
		s.log.Warn("chat message dropped: it is not for the person, or in their name")
		return
	case m.Text == "" || len(m.Text) > wire.MaxText || len(m.From) > wire.MaxName:
		a.refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "chat message")
		return
	case s.chat.has(m.Seq):
		if !m.FromCustomer {
			a.arrived(s, m.Seq)
		}
		return
	case !often(&s.chat.reps, chatEvery, chatBurst):
		a.refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "too many chat messages at a time")
		return
	}
	s.chat.begun = true
	a.tellChat(s, &wirepb.Chat{Session: s.id[:], Seq: m.Seq, From: m.From, FromCustomer: m.FromCustomer, Text: m.Text, AtUnixMs: time.Now().UnixMilli()})
	if !m.FromCustomer {
		a.arrived(s, m.Seq)
	}
}

// heardBefore takes what was said before this client came, the person's own words in
// a browser among it. It is told once, so that nothing is told twice.
func (a *agent) heardBefore(h *wirepb.ChatHistory) {
	s := a.session
	if !a.repsSpeakForCustomer() || s == nil || s.phase != phaseActive || string(s.id[:]) != string(h.Session) || s.chat.begun {
		a.Log.Warn("chat history dropped: it is not for this client, or too late")
		return
	}
	for _, m := range h.Said {
		if m.Seq == 0 || m.Channel != wirepb.ChatChannel_CHAT_CHANNEL_UNSPECIFIED || m.Text == "" || len(m.Text) > wire.MaxText || len(m.From) > wire.MaxName {
			a.refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "chat history")
			continue
		}
		if s.chat.has(m.Seq) {
			continue
		}
		s.chat.add(&wirepb.Chat{Session: s.id[:], Seq: m.Seq, From: m.From, FromCustomer: m.FromCustomer, Text: m.Text, AtUnixMs: m.AtUnixMs})
		if !m.FromCustomer {
			a.arrived(s, m.Seq)
		}
	}
	a.tellHistory(s)
}

// heardPerson passes on what the person has said, and shows them that it was.
func (a *agent) heardPerson(s *session, m *wirepb.Chat) {
	if m.Text == "" || len(m.Text) > wire.MaxText || !often(&s.chat.own, chatEvery, chatBurst) {
		s.log.Warn("chat message of the person dropped", "bytes", len(m.Text))
		return
	}
	s.chat.begun = true
	said := &wirepb.Chat{Session: s.id[:], From: a.front.User, FromCustomer: true, Text: m.Text, AtUnixMs: time.Now().UnixMilli()}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Chat{Chat: said}})
	a.tellChat(s, said)
}

func (a *agent) tellChat(s *session, m *wirepb.Chat) {
	s.chat.add(m)
	if !a.move.falls() { // the next person has not said yes
		a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Chat{Chat: m}})
	}
}

// tellHistory tells a tray that begins anew what was said before.
func (a *agent) tellHistory(s *session) {
	if len(s.chat.said) > 0 {
		a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_ChatHistory{ChatHistory: &ipcpb.ChatHistory{Session: s.id[:], Said: s.chat.said}}})
	}
}
